/* For LD_PRELOAD: while the file that HUNG_DISK names is there, asking the
 * disk does not return, and a file beside it that ends in .asked says that
 * somebody has. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

static void wait_for(const char *gate)
{
	char asked[4096];
	int fd;

	snprintf(asked, sizeof asked, "%s.asked", gate);
	while (access(gate, F_OK) == 0) {
		fd = open(asked, O_WRONLY | O_CREAT, 0600);
		if (fd >= 0)
			close(fd);
		usleep(10000);
	}
}

int fstatvfs(int fd, struct statvfs *ret_disk)
{
	const char *gate = getenv("HUNG_DISK");
	int (*next)(int, struct statvfs *) = dlsym(RTLD_NEXT, "fstatvfs");

	if (gate)
		wait_for(gate);
	return next(fd, ret_disk);
}
