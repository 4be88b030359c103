#ifndef CREDS_SOURCE_H
#define CREDS_SOURCE_H

#include <pthread.h>
#include <stdatomic.h>

#include "creds/draft.h"
#include "creds/pool.h"

/* A source that gets new credentials in the background: what the pool and its
 * sources know of each other. */

struct creds_pool {
	const struct creds_world *world;
	pthread_mutex_t lock;
	struct source *open;
	struct source *closed; /* whose threads may still run */
	atomic_bool speaking;
};

/* Credentials that somebody may be signing with. */
struct held {
	struct creds_value value;
	unsigned users; /* under the source's lock */
	char memory[];
};

struct source {
	struct creds creds;
	struct creds_pool *pool;
	struct source *next;
	unsigned users; /* under the pool's lock */

	struct creds_settings *settings;
	creds_try *try;
	bool watches; /* files that it looks at every few seconds */
	bool shared;  /* see struct creds_round */

	/* Taken before lock: one attempt at a time, where files are all that
	 * is read. Only the thread asks a network. */
	pthread_mutex_t reading;
	pthread_mutex_t lock;
	struct held *held; /* NULL: none yet */
	uint64_t generation;
	char why[CREDS_WHY]; /* of the last attempt; "": it went well */

	/* The thread's own. */
	pthread_t thread;
	struct creds_voice voice;
	unsigned failures;
	int64_t renew_at;
	int64_t planned; /* for credentials that end then */

	/* eventfds: it is to end; it has something to say; the first attempt
	 * is over. The first and the last stay as they are once written. */
	int stop;
	int wake;
	int tried;
	atomic_bool ended;
};

/* NULL: no memory, no descriptors or no thread. */
struct source *source_open(
    struct creds_pool *pool, const struct creds_settings *settings);
/* After the last close: the thread ends, and is waited for, and all freed. */
void source_stop(struct source *source);
void source_free(struct source *source);

/* Whether an attempt reads files alone, so that it is short. */
bool source_reads_only(const struct source *source);

/* Looks at its files now, if it has any. */
void source_look(struct source *source);
void source_wake(struct source *source);

/* source_thread.c: one attempt, and the thread of all others. fetcher as in
 * struct creds_round, ret_again as in struct creds_draft. */
bool source_attempt(
    struct source *source, struct creds_fetcher *fetcher, int64_t *ret_again);
void *source_run(void *source);

/* Takes in what an attempt gave. */
bool source_keep(struct source *source, const struct creds_draft *draft);

#endif
