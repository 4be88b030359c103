#ifndef SERVICE_POOL_H
#define SERVICE_POOL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Threads for work that may wait for a disk or a network, so that no event
 * loop does. A job is a member of the struct that it works on: running it
 * needs no memory. Any thread may call pool_run and pool_wait.
 */
struct pool_job {
	struct pool_job *next;
	void (*run)(void *argument);
	/* Called after `run` on the same thread. NULL: nothing. */
	void (*done)(void *argument);
	void *argument;
};

struct pool;

/* Returns NULL without memory or a thread. */
struct pool *pool_open(unsigned threads);
/* Runs what is queued, ends the threads, and frees the pool. No other thread
 * may be in pool_run any more, which touches the pool after it has queued. */
void pool_close(struct pool *pool);

/* Queues a job. It must stay in memory until its last function, `done` or else
 * `run`, has begun. */
void pool_run(struct pool *pool, struct pool_job *job);

/* Waits until nothing is queued or running, but not beyond `until`
 * (clock_micros). Returns whether the pool is idle. */
bool pool_wait(struct pool *pool, int64_t until);

#endif
