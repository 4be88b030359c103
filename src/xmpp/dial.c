#include "xmpp/dial.h"

#include "service/clock.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Seconds: a server that died without a word is noticed after some two
 * minutes. */
#define KEEP_IDLE 60
#define KEEP_BETWEEN 15
#define KEEP_COUNT 4

void dial_init(struct dial *dial, const struct conf_component *conf)
{
	memset(dial, 0, sizeof *dial);
	dial->is_unix = conf->unix_path != NULL;
	dial->port = dial->is_unix ? 0 : conf->port;
	snprintf(dial->host, sizeof dial->host, "%s",
	    dial->is_unix ? conf->unix_path : conf->server);
}

bool dial_equal(const struct dial *a, const struct dial *b)
{
	return a->is_unix == b->is_unix && a->port == b->port &&
	       strcmp(a->host, b->host) == 0;
}

void dial_name(const struct dial *dial, struct buf *out)
{
	const bool is_v6 = !dial->is_unix && strchr(dial->host, ':');

	buf_text(out, is_v6 ? "[" : "");
	buf_text(out, dial->host);
	buf_text(out, is_v6 ? "]" : "");
	if (dial->is_unix)
		return;
	buf_char(out, ':');
	buf_u64(out, dial->port);
}

/* --- addresses ------------------------------------------------------------*/

static struct addrinfo *unix_address(const char *path)
{
	struct addrinfo *info = calloc(1, sizeof *info);
	struct sockaddr_un *address = calloc(1, sizeof *address);

	if (!info || !address) {
		free(info);
		free(address);
		return NULL;
	}
	address->sun_family = AF_UNIX;
	/* The configuration has checked its length. */
	memcpy(address->sun_path, path,
	    strnlen(path, sizeof address->sun_path - 1));
	info->ai_family = AF_UNIX;
	info->ai_addr = (struct sockaddr *)address;
	info->ai_addrlen = sizeof *address;
	return info;
}

struct addrinfo *dial_resolve(const struct dial *dial, const char **ret_why)
{
	const struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV,
	};
	struct addrinfo *found = NULL;
	char port[8];
	int error;

	*ret_why = "out of memory";
	if (dial->is_unix)
		return unix_address(dial->host);
	snprintf(port, sizeof port, "%u", dial->port);
	error = getaddrinfo(dial->host, port, &hints, &found);
	if (error == 0)
		return found;
	*ret_why = error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error);
	return NULL;
}

void dial_free(struct addrinfo *addresses)
{
	if (addresses && addresses->ai_family == AF_UNIX) {
		free(addresses->ai_addr);
		free(addresses);
	} else if (addresses) {
		freeaddrinfo(addresses);
	}
}

/* --- connecting -----------------------------------------------------------*/

static void set(int fd, int level, int name, int value)
{
	/* A system that cannot do it does without. */
	(void)setsockopt(fd, level, name, &value, sizeof value);
}

static int open_socket(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || family == AF_UNIX)
		return fd;
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE);
	set(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEP_BETWEEN);
	set(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEP_COUNT);
	return fd;
}

/* 0, or an error number; ECANCELED: it was woken. */
static int wait_connected(int fd, int wake, int64_t until)
{
	struct pollfd polled[] = { { fd, POLLOUT, 0 }, { wake, POLLIN, 0 } };
	socklen_t len = sizeof(int);
	int left, error = 0;

	do {
		left = clock_left(until);
		if (left == 0)
			return ETIMEDOUT;
	} while (poll(polled, 2, left) < 0 && errno == EINTR);
	if (polled[1].revents)
		return ECANCELED;
	if (!polled[0].revents)
		return ETIMEDOUT;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	return error;
}

static int connect_one(
    const struct addrinfo *address, int wake, int64_t until, int *ret_error)
{
	int fd = open_socket(address->ai_family);

	*ret_error = 0;
	if (fd >= 0 && connect(fd, address->ai_addr, address->ai_addrlen) == 0)
		return fd;
	*ret_error = errno;
	if (fd < 0)
		return -1;
	if (errno == EINPROGRESS)
		*ret_error = wait_connected(fd, wake, until);
	if (*ret_error == 0)
		return fd;
	close(fd);
	return -1;
}

/* When the first of these addresses has had its share of the time. */
static int64_t share(const struct addrinfo *addresses, int64_t until)
{
	const int64_t now = clock_micros();
	int64_t count = 0;

	for (; addresses; addresses = addresses->ai_next)
		count++;
	return now + (until - now) / count;
}

int dial_connect(const struct addrinfo *addresses, int wake, int64_t until,
    const char **ret_why)
{
	int error = 0, fd = -1;

	for (; addresses && fd < 0 && error != ECANCELED;
	     addresses = addresses->ai_next)
		fd = connect_one(
		    addresses, wake, share(addresses, until), &error);
	if (fd < 0)
		*ret_why = strerror(error);
	return fd;
}
