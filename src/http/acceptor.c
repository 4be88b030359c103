#include "http/acceptor.h"

#include "http/reply.h"
#include "http/server.h"
#include "service/clock.h"

#include <errno.h>
#include <string.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

_Static_assert(REFUSALS == METRICS_ENDED - METRICS_REFUSED, "each is counted");

/* The pause after the system had no descriptor left. Any thread may close the
 * one that is awaited, libcurl's and hiredis' too, or another process; so the
 * acceptor asks again, often enough that nobody notices and seldom enough that
 * it costs nothing. */
#define REST_MILLISECONDS 5
/* How many connections are accepted from one listener before the other has its
 * turn. */
#define TURN 64
/* Longer than any queue. */
#define QUEUE_MAX 65536
/* At the end, the time for TCP handshakes that are under way; with loopback
 * none ever is. */
#define LAST_MICROS 200000

/* One line a second at the most, so that nobody can fill the disk with
 * them. */
static bool is_due(struct acceptor_warning *warning)
{
	int64_t now = clock_micros();

	warning->count++;
	if (warning->logged && now - warning->logged < 1000000)
		return false;
	warning->logged = now;
	return true;
}

/* What is said about each verdict. The client is named where its address may
 * need a higher limit, or be blocked. */
static const struct {
	const char *message;
	const char *reason;
	bool names_client;
} lines[] = {
	[CONN_REPLACED] = { "ended",
	    "limits.connections reached: this one had waited longest for a "
	    "request",
	    true },
	[CONN_FULL] = { "refused", "limits.connections reached", false },
	[CONN_CROWDED] = { "refused", "limits.connections_per_address reached",
	    true },
	[CONN_NO_MEMORY] = { "refused", "out of memory", false },
};

static void log_verdict(struct acceptor *acceptor, const struct log *log,
    enum conn_verdict verdict, const struct peer *client)
{
	struct acceptor_warning *warning = &acceptor->warnings[verdict];
	char memory[IP_TEXT_SIZE];
	struct log_line line;
	struct buf text;

	if (!is_due(warning))
		return;
	log_begin(&line, log, CONF_LOG_WARN, lines[verdict].message);
	log_text(&line, "reason", lines[verdict].reason);
	if (lines[verdict].names_client) {
		buf_init(&text, memory, sizeof memory);
		ip_write(&client->ip, &text);
		log_text(&line, "client", text.at);
	}
	log_u64(&line, "connections", warning->count);
	log_end(&line);
	warning->count = 0;
}

/* Connections then stay in the kernel's queue, nobody knows how many. */
static void log_shortage(struct acceptor *acceptor, int error)
{
	struct service *service = server_service(acceptor->server);
	struct log_line line;

	if (is_due(&acceptor->shortage)) {
		log_begin(&line, &service->log, CONF_LOG_WARN, "cannot accept");
		log_text(&line, "reason",
		    error == EMFILE
			? "no descriptors are left: raise the limit of open "
			  "files"
			: strerror(error));
		log_end(&line);
	}
	service_release(service);
}

static void refuse(struct acceptor *acceptor, int fd, bool tls)
{
	char memory[1024];
	struct buf text;
	ssize_t sent;

	buf_init(&text, memory, sizeof memory);
	/* With TLS nothing can be said before the handshake. */
	if (!tls)
		reply_raw(FAILURE_UNAVAILABLE, &text);
	sent = send(fd, text.at, text.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)sent; /* the client may do without */
	shutdown(fd, SHUT_WR);
	reaper_add(acceptor->server->reaper, fd);
	close(fd);
}

/* A trusted proxy's connections are those of many clients, so it has no limit
 * of its own. The last eighth of all connections is for trusted peers of
 * `listen`, which are the XMPP servers: strangers cannot take it. */
static struct conn_limits limits_of(const struct acceptor *acceptor,
    const struct listener *listener, const struct peer *peer,
    const struct conf *conf)
{
	bool trusted =
	    peer->local || ip_nets_have(conf->trusted_proxies, &peer->ip);
	struct conn_limits limits = {
		.in_all = conn_table_most(
		    &acceptor->server->conns, conf->limits.connections),
		.kept = trusted && (listener->roles & ROLE_LISTEN),
	};

	if (!trusted)
		limits.per_address = conf->limits.connections_per_address;
	if (!limits.kept)
		limits.in_all -= limits.in_all / 8;
	return limits;
}

static void take(struct acceptor *acceptor, struct listener *listener,
    const struct conn_accepted *accepted)
{
	struct server *server = acceptor->server;
	struct service *service = server_service(server);
	const struct conf *conf = service->conf;
	const struct conn_limits limits =
	    limits_of(acceptor, listener, &accepted->peer, conf);
	enum conn_verdict verdict;
	struct peer ended;
	struct conn *conn = conn_enter(&server->conns, accepted,
	    clock_after(conf->limits.header_timeout), &limits, &verdict,
	    &ended);

	if (verdict == CONN_REPLACED) {
		metrics_count(server->metrics, METRICS_ENDED, 1);
		log_verdict(acceptor, &service->log, verdict, &ended);
	}
	if (conn) {
		listener_add(listener, conn);
	} else {
		const unsigned kind =
		    verdict == CONN_CROWDED ? REFUSAL_CROWDED : REFUSAL_FULL;

		metrics_count(server->metrics, METRICS_REFUSED + kind, 1);
		metrics_refusal(server->metrics, FAILURE_UNAVAILABLE);
		refuse(acceptor, accepted->fd,
		    listener_conf(listener, conf)->tls_cert.len > 0);
		log_verdict(acceptor, &service->log, verdict, &accepted->peer);
	}
	service_release(service);
}

/* False when the system has no descriptor or no memory left. */
static bool accept_some(
    struct acceptor *acceptor, struct listener *listener, unsigned most_now)
{
	for (unsigned i = 0; i < most_now; i++) {
		struct conn_accepted accepted = {
			.len = sizeof accepted.address,
		};

		accepted.fd =
		    accept4(listener->fd, (struct sockaddr *)&accepted.address,
			&accepted.len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (accepted.fd >= 0) {
			accepted.peer = socket_peer(&accepted.address);
			take(acceptor, listener, &accepted);
		} else if (errno == EMFILE || errno == ENFILE ||
			   errno == ENOBUFS || errno == ENOMEM) {
			log_shortage(acceptor, errno);
			return false;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			return true;
		}
	}
	return true;
}

/* As accept_some, from each listener. */
static bool accept_turn(struct acceptor *acceptor, unsigned most_now)
{
	bool room = true;

	for (unsigned i = 0; i < acceptor->count; i++)
		room &=
		    accept_some(acceptor, &acceptor->listeners[i], most_now);
	return room;
}

/* Empties the kernel's queues. Handshakes that were under way when the
 * listeners stopped taking new ones (socket_leave) may still end. */
static void accept_last(struct acceptor *acceptor, struct pollfd *polls)
{
	int64_t until = clock_micros(), left;

	for (unsigned i = 0; i < acceptor->count; i++)
		if (!socket_near(acceptor->listeners[i].fd))
			until = clock_micros() + LAST_MICROS;
	while ((left = until - clock_micros()) > 0 &&
	       poll(polls, acceptor->count, (int)(left / 1000)) != 0)
		accept_turn(acceptor, TURN);
	accept_turn(acceptor, QUEUE_MAX);
}

static void *run(void *argument)
{
	struct acceptor *acceptor = argument;
	struct pollfd polls[LISTENERS_MAX + 1];

	for (unsigned i = 0; i < acceptor->count; i++)
		polls[i] =
		    (struct pollfd){ acceptor->listeners[i].fd, POLLIN, 0 };
	polls[acceptor->count] = (struct pollfd){ acceptor->stop, POLLIN, 0 };
	while (!polls[acceptor->count].revents) {
		if (poll(polls, acceptor->count + 1, -1) < 0)
			continue;
		if (!accept_turn(acceptor, TURN) &&
		    !polls[acceptor->count].revents)
			poll(&polls[acceptor->count], 1, REST_MILLISECONDS);
	}
	accept_last(acceptor, polls);
	return NULL;
}

bool acceptor_start(struct acceptor *acceptor)
{
	acceptor->stop = eventfd(0, EFD_CLOEXEC);
	if (acceptor->stop < 0)
		return false;
	if (pthread_create(&acceptor->thread, NULL, run, acceptor) == 0)
		return true;
	close(acceptor->stop);
	return false;
}

void acceptor_stop(struct acceptor *acceptor)
{
	eventfd_write(acceptor->stop, 1);
	pthread_join(acceptor->thread, NULL);
	close(acceptor->stop);
}
