#include "http/inherit.h"

#include "core/span.h"
#include "http/socket.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST 3 /* SD_LISTEN_FDS_START */

static bool for_us(const char *pid)
{
	uint64_t number;

	return pid && span_u64(span_of(pid), &number) &&
	       number == (uint64_t)getpid();
}

static bool is_listening(int fd)
{
	int type = 0, accepts = 0;
	socklen_t len = sizeof type;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0)
		return false;
	len = sizeof accepts;
	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &len) == 0 &&
	       type == SOCK_STREAM && accepts;
}

static bool take_over(struct inherited *inherited, struct span name)
{
	unsigned i = inherited->count;
	int fd = FIRST + (int)i;

	if (!is_listening(fd) ||
	    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return false;
	inherited->fds[i] = fd;
	name = span_first(name, sizeof inherited->names[i] - 1);
	memcpy(inherited->names[i], name.at, name.len);
	inherited->count++;
	return true;
}

bool inherit_read(
    struct inherited *ret_inherited, char *wrong, size_t wrong_size)
{
	const char *names = getenv("LISTEN_FDNAMES");
	const char *fds = getenv("LISTEN_FDS");
	struct span rest = names ? span_of(names) : SPAN_EMPTY;
	uint64_t count = 0;
	bool ok = true;

	*ret_inherited = (struct inherited){ 0 };
	if (fds && for_us(getenv("LISTEN_PID")))
		ok = span_u64(span_of(fds), &count) && count <= INHERIT_MAX;
	if (!ok)
		snprintf(wrong, wrong_size,
		    "LISTEN_FDS is not a number up to %d", INHERIT_MAX);
	for (uint64_t i = 0; ok && i < count; i++) {
		struct span name = rest.at ? span_cut(&rest, ':') : SPAN_EMPTY;

		ok = take_over(ret_inherited, name);
		if (!ok)
			snprintf(wrong, wrong_size,
			    "LISTEN_FDS: descriptor %d is not a listening "
			    "stream socket",
			    FIRST + (int)i);
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return ok;
}

static int take(struct inherited *inherited, unsigned number)
{
	int fd = inherited->fds[number];

	inherited->fds[number] = -1;
	return fd;
}

/* How well a socket suits a listener, see inherit_take; 0: not at all. */
static unsigned rank(const char *name, int fd, const char *wanted,
    const struct conf_listener *listener, const struct conf_listener *other)
{
	if (fd < 0)
		return 0;
	if (strcmp(name, wanted) == 0)
		return 3;
	if (strcmp(name, "listen") == 0 || strcmp(name, "public") == 0)
		return 0;
	if (socket_listens(fd, listener))
		return 2;
	return other && socket_listens(fd, other) ? 0 : 1;
}

int inherit_take(struct inherited *inherited, const char *name,
    const struct conf_listener *listener, const struct conf_listener *other)
{
	unsigned best = 0, number = 0;

	for (unsigned i = 0; i < inherited->count; i++) {
		unsigned found = rank(inherited->names[i], inherited->fds[i],
		    name, listener, other);

		if (found > best) {
			best = found;
			number = i;
		}
	}
	return best ? take(inherited, number) : -1;
}

bool inherit_done(struct inherited *inherited, char *wrong, size_t wrong_size)
{
	bool none = true;

	for (unsigned i = 0; i < inherited->count; i++) {
		if (inherited->fds[i] < 0)
			continue;
		snprintf(wrong, wrong_size,
		    "LISTEN_FDS: descriptor %d (%s) belongs to no listener of "
		    "the configuration",
		    inherited->fds[i],
		    *inherited->names[i] ? inherited->names[i] : "no name");
		close(take(inherited, i));
		none = false;
	}
	return none;
}
