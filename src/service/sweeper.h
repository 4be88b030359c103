#ifndef SERVICE_SWEEPER_H
#define SERVICE_SWEEPER_H

#include <pthread.h>
#include <stdatomic.h>

#include "slotd/store.h"

/* The thread that removes expired files of a store (`sweep` of its class). */
struct sweeper {
	struct store *store; /* NULL: nothing to do */
	bool busy;
	int64_t next; /* clock_micros */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	atomic_bool hurry; /* a sweep should end where it is */
	bool stopping;
	pthread_t thread;
};

bool sweeper_start(struct sweeper *sweeper, struct store *store);
/* Sweeps this store from now on, NULL: none; the one before is not used any
 * more when it returns. */
void sweeper_use(struct sweeper *sweeper, struct store *store);
/* Does not wait for the end of a sweep. */
void sweeper_stop(struct sweeper *sweeper);

/*
 * When the next sweep begins: `pause` after the last one began, but not
 * before 20 times what that took has passed since it ended, so that a store
 * of millions of files is not swept all the time. All in microseconds.
 */
int64_t sweeper_next(int64_t began, int64_t ended, int64_t pause);

#endif
