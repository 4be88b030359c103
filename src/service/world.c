#include "service/world.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

int64_t world_unix(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

int64_t world_millis(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t world_micros(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void world_random(void *ret_bytes, unsigned len)
{
	/* Up to 256 bytes are never cut short (getrandom(2)). */
	if (len > 256 || getrandom(ret_bytes, len, 0) != (ssize_t)len)
		abort();
}
