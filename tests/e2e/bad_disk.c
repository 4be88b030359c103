/* For LD_PRELOAD: while the file BAD_DISK is there, no nameless file can be
 * made, although the disk says that all is well. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_at(int folder, const char *path, int flags, int mode)
{
	const char *gate = getenv("BAD_DISK");

	if ((flags & O_TMPFILE) == O_TMPFILE && gate &&
	    access(gate, F_OK) == 0) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_openat, folder, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
	va_list more;
	int mode = 0;

	va_start(more, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		mode = va_arg(more, int);
	va_end(more);
	return open_at(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...)
{
	va_list more;
	int mode = 0;

	va_start(more, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		mode = va_arg(more, int);
	va_end(more);
	return open_at(folder, path, flags, mode);
}
