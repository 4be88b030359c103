#include "service/clock.h"

#include <time.h>

int64_t clock_unix(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

int64_t clock_millis(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_micros(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_after(int64_t seconds)
{
	return clock_plus(clock_micros(), seconds);
}

int clock_left(int64_t until)
{
	int64_t left = (until - clock_micros() + 999) / 1000;

	return left > 0 ? (int)left : 0;
}

void clock_cond_init(pthread_cond_t *ret_cond)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(ret_cond, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

void clock_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until)
{
	struct timespec at = { until / 1000000, until % 1000000 * 1000 };

	pthread_cond_timedwait(cond, lock, &at);
}
