/* Preloaded into slotd by a test: room on the disk is reserved only when the
 * file that SLOW_DISK names is gone, and then there is none. */
#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

int fallocate(int fd, int mode, off_t offset, off_t len);

int fallocate(int fd, int mode, off_t offset, off_t len)
{
	const char *gate = getenv("SLOW_DISK");

	(void)fd;
	(void)mode;
	(void)offset;
	(void)len;
	while (gate && access(gate, F_OK) == 0)
		usleep(10000);
	errno = ENOSPC;
	return -1;
}
