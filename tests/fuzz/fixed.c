#include "fuzz/fixed.h"

#include "service/clock.h"
#include "service/random.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The clock and the random generator of fuzz targets, linked instead of those
 * of service/: an input gives the same answers each time. */

static bool runs;

void fixed_run(void)
{
	runs = true;
}

int64_t clock_unix(void)
{
	return FIXED_NOW;
}

int64_t clock_millis(void)
{
	return (int64_t)FIXED_NOW * 1000;
}

int64_t clock_micros(void)
{
	struct timespec now;

	if (!runs)
		return 1000000;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return FIXED_FASTER *
	       ((int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

int64_t clock_after(int64_t seconds)
{
	return clock_plus(clock_micros(), seconds);
}

int clock_left(int64_t until)
{
	const int64_t left = until - clock_micros();

	return runs && left > 0 ? (int)(left / (1000 * FIXED_FASTER)) + 1 : 0;
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
	const struct timespec at = { until / FIXED_FASTER / 1000000,
		until / FIXED_FASTER % 1000000 * 1000 };

	/* Else time would never pass. */
	if (!runs)
		abort();
	pthread_cond_timedwait(cond, lock, &at);
}

void random_bytes(void *ret_bytes, unsigned len)
{
	memset(ret_bytes, 0x5a, len);
}
