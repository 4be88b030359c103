#ifndef SERVICE_POOL_H
#define SERVICE_POOL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Threads for work that may wait for a disk, so that no event loop does.
 * A job is part of what it works on: nothing is allocated.
 */
struct pool_job {
	struct pool_job *next;
	void (*run)(void *argument);
	/* Called after run, on the same thread; may be NULL. */
	void (*done)(void *argument);
	void *argument;
};

struct pool;

/* NULL when there is no memory or no thread. */
struct pool *pool_open(unsigned threads);
/* Runs what is queued, then ends the threads. */
void pool_close(struct pool *pool);

/* The job must stay where it is until run or done, its last, has begun. */
void pool_run(struct pool *pool, struct pool_job *job);

/* Waits until nothing is queued or running, or the time (see clock_micros)
 * is reached; true: idle. */
bool pool_wait(struct pool *pool, int64_t until);

#endif
