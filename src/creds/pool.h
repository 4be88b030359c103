#ifndef CREDS_POOL_H
#define CREDS_POOL_H

#include "creds/schedule.h"
#include "creds/settings.h"
#include "slotd/creds.h"

/*
 * All sources of credentials of a process, over all readings of its
 * configuration: a source whose settings are the same again is carried over
 * as it is. Sources that get new ones in the background have a thread each.
 */

/* What is theirs from outside; must outlive the pool. */
struct creds_world {
	int64_t (*now)(void); /* unix seconds */
	void (*random)(void *ret_bytes, unsigned len);
	/* Any thread: what the log is to say of a source, by its name. `why`
	 * is a sentence, or "" with CREDS_NEWS_WELL; expires as in struct
	 * creds_status. NULL: nobody is told. */
	void (*tell)(void *of, enum creds_news news, const char *source,
	    const char *why, int64_t expires);
	void *of;
};

struct creds_pool;

/* Once, before threads. NULL: no memory. */
struct creds_pool *creds_pool_open(const struct creds_world *world);

/* Nothing is told before: what the log must say first comes first. */
void creds_pool_speak(struct creds_pool *pool);

/*
 * The source of these settings: one that is open with the same ones, whose
 * files are looked at again at once, or a new one, whose thread starts.
 * NULL: no memory, or no thread. To be closed by its class.
 */
struct creds *creds_pool_get(
    struct creds_pool *pool, const struct creds_settings *settings);

/* Waits for the threads of closed sources. All must be closed. */
void creds_pool_close(struct creds_pool *pool);

#endif
