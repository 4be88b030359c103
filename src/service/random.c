#include "service/random.h"

#include <stdlib.h>
#include <sys/random.h>

void random_bytes(void *ret_bytes, unsigned len)
{
	/* Up to 256 bytes are never cut short (getrandom(2)). */
	if (len > 256 || getrandom(ret_bytes, len, 0) != (ssize_t)len)
		abort();
}
