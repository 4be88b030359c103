/* For LD_PRELOAD: while the file that HUNG_DISK names is there, asking the
 * disk does not return, and a line on stderr says that somebody has. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

static void wait_for(const char *gate)
{
	if (access(gate, F_OK) == 0)
		dprintf(STDERR_FILENO, "hung disk\n");
	while (access(gate, F_OK) == 0)
		usleep(10000);
}

int fstatvfs(int fd, struct statvfs *ret_disk)
{
	const char *gate = getenv("HUNG_DISK");
	int (*next)(int, struct statvfs *) = dlsym(RTLD_NEXT, "fstatvfs");

	if (gate)
		wait_for(gate);
	return next(fd, ret_disk);
}
