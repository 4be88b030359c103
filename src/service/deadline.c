#include "service/deadline.h"

#include <time.h>

void deadline_init(pthread_cond_t *ret_cond)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(ret_cond, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

void deadline_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until)
{
	struct timespec at = { until / 1000000, until % 1000000 * 1000 };

	pthread_cond_timedwait(cond, lock, &at);
}
