#include "quota/redis_private.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A peer that is gone without a word is found out in idle times, too. */
#define KEEPALIVE_IDLE 15
#define KEEPALIVE_EACH 5
#define KEEPALIVE_TRIES 3
#define CONNECT_MIN 1000 /* milliseconds */

/* What one connect needs all along. */
struct attempt {
	struct redis_link *link;
	const struct quota_redis_config *config;
	int64_t until;
	struct redis_fault *fault;
};

static bool failed(
    const struct attempt *attempt, enum quota_redis_error error, int number)
{
	redis_fault_set(attempt->fault, error, number ? strerror(number) : "");
	return false;
}

/* Nobody waits for it to be made, so it may take longer than a call. */
static int64_t limit(const struct quota_redis_config *config)
{
	int64_t millis = config->timeout_ms;

	return config->clock() +
	       1000 * (millis > CONNECT_MIN ? millis : CONNECT_MIN);
}

static bool dial(const struct attempt *attempt, int family,
    const struct sockaddr *address, socklen_t len)
{
	struct redis_link *link = attempt->link;
	int error = 0;
	socklen_t size = sizeof error;

	if (link->socket >= 0)
		close(link->socket);
	link->socket =
	    socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (link->socket < 0)
		return failed(attempt, QUOTA_REDIS_CONNECTION, errno);
	if (connect(link->socket, address, len) == 0)
		return true;
	if (errno != EINPROGRESS)
		return failed(attempt, QUOTA_REDIS_CONNECTION, errno);
	if (!redis_link_poll(link, attempt->config, POLLOUT, attempt->until))
		return failed(attempt, QUOTA_REDIS_TIMEOUT, 0);
	getsockopt(link->socket, SOL_SOCKET, SO_ERROR, &error, &size);
	return error == 0 || failed(attempt, QUOTA_REDIS_CONNECTION, error);
}

static void set(int socket, int level, int option, int value)
{
	setsockopt(socket, level, option, &value, sizeof value);
}

bool redis_link_resolve(const struct quota_redis_config *config,
    struct addrinfo **ret_found, struct redis_fault *fault)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	char port[8];
	int error;

	*ret_found = NULL;
	if (!config->address)
		return true;
	snprintf(port, sizeof port, "%u", (unsigned)config->port);
	error = getaddrinfo(config->address, port, &hints, ret_found);
	if (error)
		redis_fault_set(
		    fault, QUOTA_REDIS_CONNECTION, gai_strerror(error));
	return error == 0;
}

void redis_link_resolved(struct addrinfo *found)
{
	if (found)
		freeaddrinfo(found);
}

/* Each address gets the whole time. */
static bool dial_tcp(struct attempt *attempt, const struct addrinfo *found)
{
	bool open = false;

	for (; found && !open; found = found->ai_next) {
		attempt->until = limit(attempt->config);
		open = dial(attempt, found->ai_family, found->ai_addr,
		    found->ai_addrlen);
	}
	if (open) {
		int fd = attempt->link->socket;

		set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
		set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
		set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE);
		set(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EACH);
		set(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_TRIES);
	}
	return open;
}

static bool dial_unix(const struct attempt *attempt)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(attempt->config->unix_path);

	if (len >= sizeof address.sun_path)
		return failed(attempt, QUOTA_REDIS_CONNECTION, ENAMETOOLONG);
	memcpy(address.sun_path, attempt->config->unix_path, len);
	return dial(attempt, AF_UNIX, (const struct sockaddr *)&address,
	    sizeof address);
}

static bool shake(const struct attempt *attempt, struct redis_trust *trust)
{
	struct redis_link *link = attempt->link;
	struct buf why;
	int wants;

	if (!trust)
		return true;
	link->tls =
	    redis_tls_open(trust, link->socket, attempt->config->address);
	if (!link->tls)
		return failed(attempt, QUOTA_REDIS_TLS, ENOMEM);
	while ((wants = redis_tls_shake(link->tls)) != REDIS_TLS_DONE) {
		if (wants == REDIS_TLS_FAILED) {
			failed(attempt, QUOTA_REDIS_TLS, 0);
			buf_init(&why, attempt->fault->text,
			    sizeof attempt->fault->text);
			redis_tls_why(link->tls, &why);
			return false;
		}
		if (!redis_link_poll(
			link, attempt->config, (short)wants, attempt->until))
			return failed(attempt, QUOTA_REDIS_TIMEOUT, 0);
	}
	return true;
}

static redisReply *ask(
    const struct attempt *attempt, const struct span *words, unsigned count)
{
	return redis_link_call(attempt->link, attempt->config, words, count,
	    attempt->until, attempt->fault);
}

static bool tell(
    const struct attempt *attempt, const struct span *words, unsigned count)
{
	redisReply *reply = ask(attempt, words, count);

	redis_reply_free(reply);
	return reply != NULL;
}

/* A Redis that does not know AUTH quotes what came with it: the password. So
 * nothing is kept of what it says. */
static bool authenticate(
    const struct attempt *attempt, const struct span *words, unsigned count)
{
	struct redis_fault *fault = attempt->fault;

	if (tell(attempt, words, count))
		return true;
	if (fault->error == QUOTA_REDIS_TIMEOUT ||
	    fault->error == QUOTA_REDIS_CONNECTION)
		return false;
	return failed(attempt,
	    fault->error == QUOTA_REDIS_OTHER ? QUOTA_REDIS_AUTH : fault->error,
	    0);
}

static bool log_in(const struct attempt *attempt)
{
	const struct quota_redis_config *config = attempt->config;
	struct span words[3] = { span_of("AUTH") };
	char number[16];
	unsigned count = 1;

	if (config->username.len)
		words[count++] = config->username;
	words[count++] = config->password;
	if ((config->username.len || config->password.len) &&
	    !authenticate(attempt, words, count))
		return false;
	if (!config->database)
		return true;
	snprintf(number, sizeof number, "%u", config->database);
	words[0] = span_of("SELECT");
	words[1] = span_of(number);
	return tell(attempt, words, 2);
}

/* Who may not load it still may run it. */
static bool load(const struct attempt *attempt)
{
	const struct span words[] = { span_of("SCRIPT"), span_of("LOAD"),
		redis_script() };
	redisReply *reply = ask(attempt, words, 3);
	struct redis_link *link = attempt->link;

	if (!reply)
		return attempt->fault->error == QUOTA_REDIS_DENIED ||
		       !redis_fault_cuts(attempt->fault);
	if (reply->type == REDIS_REPLY_STRING &&
	    reply->len < sizeof link->script)
		memcpy(link->script, reply->str, reply->len + 1);
	redis_reply_free(reply);
	return true;
}

/* A replica, or one that loads its data, is found out before a call is; and
 * one that is too slow for a call. */
static bool try_script(struct attempt *attempt)
{
	const struct quota_redis_config *config = attempt->config;
	const struct redis_form form = { .numbers = 1 };
	struct redis_call call;
	redisReply *reply;
	bool right;

	redis_call_init(&call, config, "probe", 0);
	redis_call_about(&call, span_of("probe"), SPAN_EMPTY);
	attempt->until = config->clock() + 1000 * (int64_t)config->timeout_ms;
	reply = redis_call_run(
	    &call, attempt->link, attempt->until, attempt->fault);
	right = reply ? redis_form_check(&form, reply, attempt->fault)
		      : !redis_fault_cuts(attempt->fault);
	redis_reply_free(reply);
	/* EVALSHA may have failed before EVAL. */
	if (reply && right)
		redis_fault_set(attempt->fault, QUOTA_REDIS_NONE, "");
	return right;
}

bool redis_link_open(struct redis_link *link,
    const struct quota_redis_config *config, const struct addrinfo *found,
    struct redis_trust *trust, struct redis_fault *fault)
{
	struct attempt attempt = { link, config, limit(config), fault };

	memset(link, 0, sizeof *link);
	link->socket = -1;
	link->reader = redis_reader_open();
	if (!link->reader)
		failed(&attempt, QUOTA_REDIS_OTHER, ENOMEM);
	else if ((config->address ? dial_tcp(&attempt, found)
				  : dial_unix(&attempt)) &&
		 shake(&attempt, trust) && log_in(&attempt) && load(&attempt) &&
		 try_script(&attempt))
		return true;
	redis_link_close(link);
	return false;
}
