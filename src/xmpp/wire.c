#include "xmpp/wire.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define QUIET 200 /* milliseconds */

ssize_t wire_send(int fd, struct stream *stream, const char **ret_why)
{
	ssize_t all = 0, sent;
	struct span out;

	while ((out = stream_out(stream)).len) {
		sent = send(fd, out.at, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			break;
		if (sent < 0) {
			*ret_why = strerror(errno);
			return -1;
		}
		stream_sent(stream, (size_t)sent);
		all += sent;
	}
	return all;
}

ssize_t wire_receive(int fd, char *memory, size_t size, const char **ret_why)
{
	ssize_t len = recv(fd, memory, size, MSG_DONTWAIT);

	if (len > 0)
		return len;
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	*ret_why = len ? strerror(errno) : "closed by the server";
	return -1;
}

bool wire_is_quiet(int fd, int wake)
{
	struct pollfd polled[] = { { fd, POLLIN, 0 }, { wake, POLLIN, 0 } };

	return poll(polled, 2, QUIET) <= 0 || !polled[0].revents;
}
