/* For LD_PRELOAD: a descriptor joins an epoll for as long as the file SLOW_TAKE
 * is there; one with .asked behind its name tells that one does. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

int epoll_ctl(int epoll, int what, int fd, struct epoll_event *event)
{
	const char *gate = getenv("SLOW_TAKE");
	char asked[4096];

	if (gate && what == EPOLL_CTL_ADD && access(gate, F_OK) == 0) {
		snprintf(asked, sizeof asked, "%s.asked", gate);
		close(creat(asked, 0600));
		while (access(gate, F_OK) == 0)
			usleep(1000);
	}
	return (int)syscall(SYS_epoll_ctl, epoll, what, fd, event);
}
