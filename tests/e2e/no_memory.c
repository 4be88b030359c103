/* For LD_PRELOAD: no memory for blocks of 5003 bytes, which are what jansson
 * asks for when it keeps a string of 5000 (with quotes and NUL). */
#include <errno.h>
#include <stddef.h>

void *__libc_malloc(size_t size);

void *malloc(size_t size)
{
	if (size == 5003) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_malloc(size);
}
