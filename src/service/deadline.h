#ifndef SERVICE_DEADLINE_H
#define SERVICE_DEADLINE_H

#include <pthread.h>
#include <stdint.h>

/* Waits that end at a point in time, as world_micros tells it. */

/* A condition variable for deadline_wait. */
void deadline_init(pthread_cond_t *ret_cond);

/* Like pthread_cond_wait, and returns at `until` as well. */
void deadline_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until);

#endif
