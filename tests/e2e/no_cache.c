/* For LD_PRELOAD: no file is ever in memory, and the file NO_CACHE says how
 * often that was asked. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static int asked = -1;

/* While it may still open files. */
__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("NO_CACHE");

	if (path)
		asked =
		    open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

int mincore(void *at, size_t size, unsigned char *ret_pages)
{
	(void)at;
	if (asked >= 0 && write(asked, ".", 1) < 0)
		abort();
	memset(ret_pages, 0, (size + 4095) / 4096);
	return 0;
}

static ssize_t read_at(
    int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
	if (flags & RWF_NOWAIT) {
		errno = EAGAIN;
		return -1;
	}
	return preadv(fd, parts, count, offset);
}

ssize_t preadv2(
    int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
	return read_at(fd, parts, count, offset, flags);
}

ssize_t preadv64v2(
    int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
	return read_at(fd, parts, count, offset, flags);
}
