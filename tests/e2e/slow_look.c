/* For LD_PRELOAD: as long as the file SLOW_DISK is there, room on the disk is
 * being reserved (then there is none), and as long as SLOW_LOOK is there, an
 * epoll is being looked at without waiting. A line on stderr tells that
 * somebody does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

static void hold(const char *gate, const char *line)
{
	if (!gate || access(gate, F_OK) != 0)
		return;
	dprintf(STDERR_FILENO, "%s\n", line);
	while (access(gate, F_OK) == 0)
		usleep(1000);
}

int fallocate(int fd, int mode, off_t offset, off_t len)
{
	(void)fd;
	(void)mode;
	(void)offset;
	(void)len;
	hold(getenv("SLOW_DISK"), "slow disk");
	errno = ENOSPC;
	return -1;
}

/* slotd's own epoll_wait calls it. */
int epoll_pwait(int epoll, struct epoll_event *events, int most, int timeout,
    const sigset_t *signals)
{
	(void)signals;
	if (timeout == 0)
		hold(getenv("SLOW_LOOK"), "slow look");
	return (int)syscall(
	    SYS_epoll_pwait, epoll, events, most, timeout, NULL, 0);
}
