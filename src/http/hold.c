#include "http/hold.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Fewer answers at a turn are sent at once, and no more than so many wait for
 * others. */
#define SEVERAL 4
#define HELD_MAX 32

static _Thread_local struct {
	unsigned sent; /* in this turn */
	bool holding;
	bool vain; /* its sockets cannot hold anything: they are not of TCP */
	unsigned held_count;
	int held[HELD_MAX];
} turn;

/* The descriptor may have become another's. To that the option does no harm. */
static void release(void)
{
	const int on = 1;

	for (unsigned i = 0; i < turn.held_count; i++)
		if (setsockopt(turn.held[i], IPPROTO_TCP, TCP_NODELAY, &on,
			sizeof on) != 0 &&
		    errno == EOPNOTSUPP)
			turn.vain = true;
	turn.held_count = 0;
}

void hold_release(void)
{
	release();
	turn.holding = turn.sent >= SEVERAL && !turn.vain;
	turn.sent = 0;
}

/* Replaces the C library's. */
__attribute__((visibility("default"))) ssize_t sendmsg(
    int fd, const struct msghdr *message, int flags)
{
	turn.sent++;
	if (turn.holding) {
		if (turn.held_count == HELD_MAX)
			release();
		turn.held[turn.held_count++] = fd;
		flags |= MSG_MORE;
	}
	return syscall(SYS_sendmsg, fd, message, flags);
}
