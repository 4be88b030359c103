#include "quota/redis_private.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A peer that has gone without a word is noticed while nobody asks, too. */
#define KEEPALIVE_IDLE 15
#define KEEPALIVE_EACH 5
#define KEEPALIVE_TRIES 3
#define CONNECT_MIN 1000 /* milliseconds */

static bool fail(
    struct redis_link *link, enum quota_redis_error error, int number)
{
	return redis_fault_set(
	    &link->fault, error, number ? strerror(number) : "");
}

/* No call waits this long, so connecting may take longer than a call. */
static int64_t limit(const struct quota_redis_config *config)
{
	int64_t millis = config->timeout_ms;

	return config->clock() +
	       1000 * (millis > CONNECT_MIN ? millis : CONNECT_MIN);
}

static bool dial(struct redis_link *link, int family,
    const struct sockaddr *address, socklen_t len)
{
	int error = 0;
	socklen_t size = sizeof error;

	if (link->socket >= 0)
		close(link->socket);
	link->socket =
	    socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (link->socket < 0)
		return fail(link, QUOTA_REDIS_CONNECTION, errno);
	if (connect(link->socket, address, len) == 0)
		return true;
	if (errno != EINPROGRESS)
		return fail(link, QUOTA_REDIS_CONNECTION, errno);
	if (!redis_link_wait(link, POLLOUT))
		return false;
	getsockopt(link->socket, SOL_SOCKET, SO_ERROR, &error, &size);
	return error == 0 || fail(link, QUOTA_REDIS_CONNECTION, error);
}

static void set(int socket, int level, int option, int value)
{
	setsockopt(socket, level, option, &value, sizeof value);
}

/* Each address gets the whole time. */
static bool dial_each(struct redis_link *link, const struct addrinfo *found,
    const atomic_bool *stopping)
{
	bool open = false;

	for (; found && !open && !atomic_load(stopping);
	     found = found->ai_next) {
		link->until = limit(link->config);
		open = dial(
		    link, found->ai_family, found->ai_addr, found->ai_addrlen);
	}
	return open;
}

static bool dial_tcp(struct redis_link *link, const atomic_bool *stopping)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	char port[8];
	bool open;
	int error;

	snprintf(port, sizeof port, "%u", (unsigned)link->config->port);
	error = getaddrinfo(link->config->address, port, &hints, &found);
	if (error)
		return redis_fault_set(
		    &link->fault, QUOTA_REDIS_CONNECTION, gai_strerror(error));
	open = dial_each(link, found, stopping);
	freeaddrinfo(found);
	if (open) {
		set(link->socket, IPPROTO_TCP, TCP_NODELAY, 1);
		set(link->socket, SOL_SOCKET, SO_KEEPALIVE, 1);
		set(link->socket, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE);
		set(link->socket, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EACH);
		set(link->socket, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_TRIES);
	}
	return open;
}

static bool dial_unix(struct redis_link *link)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(link->config->unix_path);

	if (len >= sizeof address.sun_path)
		return fail(link, QUOTA_REDIS_CONNECTION, ENAMETOOLONG);
	memcpy(address.sun_path, link->config->unix_path, len);
	return dial(
	    link, AF_UNIX, (const struct sockaddr *)&address, sizeof address);
}

static bool command(
    struct redis_link *link, const struct span *words, unsigned count)
{
	struct redisReply *reply = redis_link_call(link, words, count);

	redis_reply_free(reply);
	return reply != NULL;
}

/* A Redis that does not know AUTH quotes its arguments, the password among
 * them: none of that answer is kept. */
static bool authenticate(
    struct redis_link *link, const struct span *words, unsigned count)
{
	enum quota_redis_error error;

	if (command(link, words, count))
		return true;
	error = link->fault.error;
	if (error == QUOTA_REDIS_TIMEOUT || error == QUOTA_REDIS_CONNECTION)
		return false;
	return fail(
	    link, error == QUOTA_REDIS_OTHER ? QUOTA_REDIS_AUTH : error, 0);
}

static bool log_in(struct redis_link *link)
{
	const struct quota_redis_config *config = link->config;
	struct span words[3] = { span_of("AUTH") };
	char number[16];
	unsigned count = 1;

	if (config->username.len)
		words[count++] = config->username;
	words[count++] = config->password;
	if ((config->username.len || config->password.len) &&
	    !authenticate(link, words, count))
		return false;
	if (!config->database)
		return true;
	snprintf(number, sizeof number, "%u", config->database);
	words[0] = span_of("SELECT");
	words[1] = span_of(number);
	return command(link, words, 2);
}

bool redis_link_open(struct redis_link *link,
    const struct quota_redis_config *config,
    struct gnutls_certificate_credentials_st *trust,
    const atomic_bool *stopping)
{
	*link = (struct redis_link){ .config = config,
		.socket = -1,
		.reader = redis_reader_open(),
		.until = limit(config) };
	if (!link->reader)
		fail(link, QUOTA_REDIS_OTHER, ENOMEM);
	else if ((config->address ? dial_tcp(link, stopping)
				  : dial_unix(link)) &&
		 (!trust || redis_tls_open(link, trust)) && log_in(link) &&
		 redis_call_load(link) && redis_call_probe(link))
		return true;
	redis_link_close(link);
	return false;
}
