#ifndef SERVICE_CLOCK_H
#define SERVICE_CLOCK_H

#include <pthread.h>
#include <stdint.h>

/* The only place that reads the clock: below service/ time is an argument. */

/* Unix seconds, UTC. */
int64_t clock_unix(void);

/* The same in milliseconds. */
int64_t clock_millis(void);

/* Microseconds that only go forward (CLOCK_MONOTONIC). */
int64_t clock_micros(void);

/* clock_micros in so many seconds. */
int64_t clock_after(int64_t seconds);

/* A condition variable for clock_cond_wait. */
void clock_cond_init(pthread_cond_t *ret_cond);

/* Like pthread_cond_wait, and returns at `until` (clock_micros) as well. */
void clock_cond_wait(
    pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until);

#endif
