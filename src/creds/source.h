#ifndef CREDS_SOURCE_H
#define CREDS_SOURCE_H

#include <pthread.h>
#include <stdatomic.h>

#include "creds/draft.h"
#include "creds/pool.h"

/*
 * One source of credentials: what the pool and its sources know of each other.
 *
 * source_open tries once without the network. Then a thread of the source's
 * own asks for new credentials until the last user has closed the source; what
 * stands in the configuration or the environment never changes and needs no
 * thread. Any thread may use the functions of its class. The pool's lock
 * guards the lists and the number of users. A source without users is freed,
 * one with a thread as soon as that has ended, which the pool's list of closed
 * ones is for.
 */

struct creds_pool {
	const struct creds_world *world;
	pthread_mutex_t lock;
	struct creds_source *open;
	struct creds_source *closed; /* whose threads may still run */
	atomic_bool speaking;
	bool asks; /* libcurl is open for it */
};

/* Credentials, kept for as long as somebody signs with them. */
struct creds_held {
	struct creds_value value;
	unsigned users; /* under the source's lock */
	char memory[];
};

struct creds_source {
	struct creds creds;
	struct creds_pool *pool;
	struct creds_source *next;
	unsigned users; /* under the pool's lock */

	uint8_t print[HASH_SIZE];        /* of the settings */
	struct creds_settings *settings; /* NULL once they are not needed */
	creds_try *try;
	bool changes;    /* else it is tried once, and has no thread */
	bool reads_only; /* an attempt only reads files, so that it is short */
	bool watches;    /* files that it looks at every second */
	bool shared;     /* see struct creds_round */

	/* One attempt at a time where only files are read; taken before
	 * lock. Only the thread uses the network. */
	pthread_mutex_t reading;
	pthread_mutex_t lock;
	struct creds_held *held; /* NULL: none yet */
	uint64_t generation;
	char why[CREDS_WHY]; /* of the last attempt; "": it went well */

	/* The thread's own. */
	pthread_t thread;
	struct creds_voice voice;
	unsigned failures;
	int64_t renew_at;
	int64_t planned; /* for credentials that end then */

	/* eventfds: the thread must end; it may speak now; the first attempt
	 * is over. Nobody reads the first and the last. */
	int stop;
	int wake;
	int tried;
	atomic_bool ended;
};

/* NULL: no memory, no descriptors or no thread, or credentials that never
 * change and cannot be signed with. */
struct creds_source *source_open(
    struct creds_pool *pool, const struct creds_settings *settings);
/* Waits for the thread of a closed source and frees everything. */
void source_free(struct creds_source *source);

/* Reads its files now, where it has nothing else. */
void source_look(struct creds_source *source);
/* Lets the thread speak, see creds_pool_speak. */
void source_wake(struct creds_source *source);

/* source_thread.c: one attempt, and the thread that makes all others. network
 * as in struct creds_round, ret_again as in struct creds_draft. */
bool source_attempt(
    struct creds_source *source, bool network, int64_t *ret_again);
void *source_run(void *source);

/* What is signed with from now on; false: no memory. */
bool source_keep(struct creds_source *source, const struct creds_draft *draft);

#endif
