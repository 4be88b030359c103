#ifndef CREDS_POOL_H
#define CREDS_POOL_H

#include "creds/schedule.h"
#include "creds/settings.h"
#include "slotd/creds.h"

/*
 * All sources of credentials of a process. They outlive a reading of the
 * configuration: a source whose settings are the same in the next reading is
 * kept as it is. A source that gets new credentials in the background has a
 * thread of its own.
 */

/* What the sources need from outside; must outlive the pool. */
struct creds_world {
	int64_t (*now)(void); /* unix seconds */
	void (*random)(void *ret_bytes, unsigned len);
	/* Called from any thread to log news of a source, by its word in the
	 * configuration. `why` is a sentence, or "" with CREDS_NEWS_WELL;
	 * expires is as in struct creds_status. NULL: nothing is logged. */
	void (*tell)(void *of, enum creds_news news, const char *source,
	    const char *why, int64_t expires);
	void *of;
};

struct creds_pool;

/* To be called once. NULL: no memory. */
struct creds_pool *creds_pool_open(const struct creds_world *world);

/* Before this call `tell` is not called. */
void creds_pool_speak(struct creds_pool *pool);

/*
 * A source of these settings, to be closed by its class. One that is open
 * with the same settings gets another user and reads its files again at once;
 * else a new one starts. NULL: no memory or no thread. Of one thread alone, as
 * fetch_start is.
 */
struct creds *creds_pool_get(
    struct creds_pool *pool, const struct creds_settings *settings);

/* Waits for the threads of its sources. All must be closed before. NULL is
 * fine. */
void creds_pool_close(struct creds_pool *pool);

#endif
