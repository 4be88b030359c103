#include "http/acceptor.h"

#include "http/reply.h"
#include "http/socket.h"
#include "service/clock.h"

#include <errno.h>
#include <string.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

_Static_assert(REFUSALS == METRICS_ENDED - METRICS_REFUSED, "each is counted");

/* When there are no descriptors left, others have to be closed first. */
#define REST_MILLISECONDS 50
/* Accepted from one listener before the other has its turn. */
#define TURN 64
/* Longer than any queue. */
#define QUEUE_MAX 65536
/* For handshakes that were under way at the end; to loopback they never
 * are. */
#define LAST_MICROS 200000

/* One line a second at the most: nobody fills a disk with these. */
static void complain(const struct log *log, struct complaint *complaint,
    const char *message, const char *reason, const struct peer *who)
{
	int64_t now = clock_micros();
	char memory[IP_TEXT_SIZE];
	struct log_line line;
	struct buf client;

	complaint->unsaid++;
	if (complaint->said && now - complaint->said < 1000000)
		return;
	log_begin(&line, log, CONF_LOG_WARN, message);
	log_text(&line, "reason", reason);
	if (who) {
		buf_init(&client, memory, sizeof memory);
		ip_write(&who->ip, &client);
		log_text(&line, "client", client.at);
	}
	log_u64(&line, "connections", complaint->unsaid);
	log_end(&line);
	complaint->said = now;
	complaint->unsaid = 0;
}

static void log_refusal(struct acceptor *acceptor, const struct log *log,
    enum conn_verdict verdict, const struct peer *peer)
{
	switch (verdict) {
	case CONN_CROWDED:
		/* Who has too many may have to be helped, or to be kept out:
		 * the last one that was refused. */
		complain(log, &acceptor->complaints[REFUSAL_CROWDED], "refused",
		    "limits.connections_per_address reached", peer);
		break;
	case CONN_FULL:
		complain(log, &acceptor->complaints[REFUSAL_FULL], "refused",
		    "limits.connections reached", NULL);
		break;
	case CONN_NO_MEMORY:
		complain(
		    log, &acceptor->shortage, "refused", "out of memory", NULL);
		break;
	case CONN_ENTERED:
	case CONN_REPLACED:
		break;
	}
}

static void log_ended(
    struct acceptor *acceptor, const struct log *log, const struct peer *whose)
{
	metrics_count(acceptor->server->metrics, METRICS_ENDED, 1);
	complain(log, &acceptor->ended, "ended",
	    "limits.connections reached: it had waited longest for a request",
	    whose);
}

/* The system gives no more sockets: they wait in the queue. */
static void log_shortage(struct acceptor *acceptor, int error)
{
	struct service *service = server_service(acceptor->server);

	complain(&service->log, &acceptor->shortage, "cannot accept",
	    error == EMFILE
		? "no descriptors are left: raise the limit of open files"
		: strerror(error),
	    NULL);
	service_release(service);
}

static void refuse(struct acceptor *acceptor, int fd, bool tls)
{
	char memory[1024];
	struct buf text;
	ssize_t sent;

	buf_init(&text, memory, sizeof memory);
	/* Before a handshake there are no words. */
	if (!tls)
		reply_raw(FAILURE_UNAVAILABLE, &text);
	sent = send(fd, text.at, text.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)sent; /* it is a courtesy */
	shutdown(fd, SHUT_WR);
	reaper_add(acceptor->server->reaper, fd);
	close(fd);
}

/* A proxy's connections are those of many clients. The last eighth is for the
 * XMPP server: strangers cannot take it. */
static struct conn_limits limits_of(const struct acceptor *acceptor,
    const struct listener *listener, const struct peer *peer,
    const struct conf *conf)
{
	bool trusted =
	    peer->local || ip_nets_have(conf->trusted_proxies, &peer->ip);
	struct conn_limits room = {
		.in_all = conn_table_most(
		    &acceptor->server->conns, conf->limits.connections),
		.kept = trusted && (listener->roles & ROLE_LISTEN),
	};

	if (!trusted)
		room.per_address = conf->limits.connections_per_address;
	if (!room.kept)
		room.in_all -= room.in_all / 8;
	return room;
}

static void take(struct acceptor *acceptor, struct listener *listener,
    struct loop_guest *guest)
{
	struct conn_table *conns = &acceptor->server->conns;
	struct service *service = server_service(acceptor->server);
	const struct conf *conf = service->conf;
	struct metrics *metrics = acceptor->server->metrics;
	const struct peer peer = peer_of(&guest->address);
	const struct conn_limits room =
	    limits_of(acceptor, listener, &peer, conf);
	int64_t deadline =
	    clock_micros() + (int64_t)conf->limits.header_timeout * 1000000;
	enum conn_verdict verdict;
	struct peer ended;

	guest->conn = conn_enter(
	    conns, guest->fd, peer, deadline, &room, &verdict, &ended);
	if (verdict == CONN_REPLACED)
		log_ended(acceptor, &service->log, &ended);
	if (guest->conn && !listener_add(listener, guest)) {
		conn_leave(conns, guest->conn);
		guest->conn = NULL;
		verdict = CONN_NO_MEMORY;
	}
	if (!guest->conn) {
		metrics_count(metrics,
		    METRICS_REFUSED + (verdict == CONN_CROWDED ? REFUSAL_CROWDED
							       : REFUSAL_FULL),
		    1);
		metrics_refusal(metrics, FAILURE_UNAVAILABLE);
		refuse(acceptor, guest->fd, listener_has_tls(listener));
		log_refusal(acceptor, &service->log, verdict, &peer);
	}
	service_release(service);
}

/* Accepts what is queued, up to a number; false when the system has no
 * room. */
static bool accept_some(
    struct acceptor *acceptor, struct listener *listener, unsigned most_now)
{
	for (unsigned i = 0; i < most_now; i++) {
		struct loop_guest guest = { .len = sizeof guest.address };

		guest.fd =
		    accept4(listener->fd, (struct sockaddr *)&guest.address,
			&guest.len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (guest.fd >= 0) {
			take(acceptor, listener, &guest);
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

/* From each listener in turn; false when the system has no room. */
static bool accept_turn(struct acceptor *acceptor, unsigned most_now)
{
	bool room = true;

	for (unsigned i = 0; i < acceptor->count; i++)
		room &=
		    accept_some(acceptor, &acceptor->listeners[i], most_now);
	return room;
}

/* The rest of the queues, and those that were half way in when nobody else
 * was let come. */
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
	uint64_t one = 1;
	ssize_t written = write(acceptor->stop, &one, sizeof one);

	(void)written;
	pthread_join(acceptor->thread, NULL);
	close(acceptor->stop);
}
