#include "service/clock.h"
#include "service/random.h"

#include <stdlib.h>
#include <string.h>

/* The clock and the random generator of fuzz targets, linked instead of those
 * of service/: an input gives the same answers each time. */

#define NOW 1790000000

int64_t clock_unix(void)
{
	return NOW;
}

int64_t clock_millis(void)
{
	return (int64_t)NOW * 1000;
}

int64_t clock_micros(void)
{
	return 1000000;
}

int64_t clock_after(int64_t seconds)
{
	return clock_plus(clock_micros(), seconds);
}

int clock_left(int64_t until)
{
	(void)until;
	return 0;
}

void clock_cond_init(pthread_cond_t *ret_cond)
{
	pthread_cond_init(ret_cond, NULL);
}

/* Time would never pass: no target has threads that wait for it. */
void clock_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until)
{
	(void)cond;
	(void)lock;
	(void)until;
	abort();
}

void random_bytes(void *ret_bytes, unsigned len)
{
	memset(ret_bytes, 0x5a, len);
}
