/* For LD_PRELOAD: a descriptor joins an epoll for as long as the file SLOW_TAKE
 * is there; a line on stderr tells that one does. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

int epoll_ctl(int epoll, int what, int fd, struct epoll_event *event)
{
	const char *gate = getenv("SLOW_TAKE");

	if (gate && what == EPOLL_CTL_ADD && access(gate, F_OK) == 0) {
		dprintf(STDERR_FILENO, "slow take\n");
		while (access(gate, F_OK) == 0)
			usleep(1000);
	}
	return (int)syscall(SYS_epoll_ctl, epoll, what, fd, event);
}
