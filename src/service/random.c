#include "service/random.h"

#include <stdlib.h>
#include <sys/random.h>

void random_bytes(void *ret_bytes, unsigned len)
{
	/* getrandom(2) always gives all of up to 256 bytes. */
	if (len > 256 || getrandom(ret_bytes, len, 0) != (ssize_t)len)
		abort();
}
