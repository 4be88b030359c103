/* For LD_PRELOAD: the clock is ahead by as many seconds as the file
 * MOVED_CLOCK has bytes. */
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t id, struct timespec *ret_now)
{
	const char *path = getenv("MOVED_CLOCK");
	struct stat file;
	int status = (int)syscall(SYS_clock_gettime, id, ret_now);

	if (id == CLOCK_REALTIME && path && stat(path, &file) == 0)
		ret_now->tv_sec += file.st_size;
	return status;
}
