#ifndef SERVICE_CLOCK_H
#define SERVICE_CLOCK_H

#include <pthread.h>
#include <stdint.h>

/* The only file that reads the clock. Code below service/ gets the time as an
 * argument. */

/* Unix seconds, UTC. */
int64_t clock_unix(void);

/* Unix time in milliseconds. */
int64_t clock_millis(void);

/* Microseconds of CLOCK_MONOTONIC, which never goes back. */
int64_t clock_micros(void);

/* A number of seconds after a time of clock_micros, and after now. */
static inline int64_t clock_plus(int64_t micros, int64_t seconds)
{
	return micros + seconds * 1000000;
}
int64_t clock_after(int64_t seconds);

/* Milliseconds from now to a time of clock_micros, for poll; 0: it is past.
 * At most some weeks. */
int clock_left(int64_t until);

/* Makes a condition variable for clock_cond_wait. */
void clock_cond_init(pthread_cond_t *ret_cond);

/* Like pthread_cond_wait, but returns at `until` (clock_micros) at the
 * latest. */
void clock_cond_wait(
    pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until);

#endif
