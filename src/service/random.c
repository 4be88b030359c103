#include "service/random.h"

#include "core/hash.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* What the system gave this thread: the last `left` bytes are unused, and the
 * others are wiped. */
static _Thread_local struct {
	unsigned left;
	uint8_t bytes[RANDOM_MAX];
} batch;

/* In the child of fork(2), whose only thread is a copy of the one that forked:
 * it must not give what its parent will give. */
static void start_afresh(void)
{
	wipe(&batch, sizeof batch);
}

static void watch_forks(void)
{
	if (pthread_atfork(NULL, NULL, start_afresh) != 0)
		abort();
}

static void refill(void)
{
	static pthread_once_t watched = PTHREAD_ONCE_INIT;

	pthread_once(&watched, watch_forks);
	/* getrandom(2) always gives all of up to 256 bytes. */
	if (getrandom(batch.bytes, sizeof batch.bytes, 0) !=
	    (ssize_t)sizeof batch.bytes)
		abort();
	batch.left = sizeof batch.bytes;
}

void random_bytes(void *ret_bytes, unsigned len)
{
	uint8_t *from;

	if (len > RANDOM_MAX)
		abort();
	if (len > batch.left)
		refill();
	from = batch.bytes + sizeof batch.bytes - batch.left;
	memcpy(ret_bytes, from, len);
	wipe(from, len);
	batch.left -= len;
}
