#include "http/accept.h"

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

_Static_assert(REFUSALS == METRICS_REASONS, "each is counted");

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

static void log_refusal(struct accepter *accepter, const struct log *log,
    enum conns_verdict verdict, const struct peer *peer)
{
	switch (verdict) {
	case CONNS_CROWDED:
		/* Who has too many may have to be helped, or to be kept out:
		 * the last one that was refused. */
		complain(log, &accepter->complaints[REFUSAL_CROWDED], "refused",
		    "limits.connections_per_address reached", peer);
		break;
	case CONNS_FULL:
		complain(log, &accepter->complaints[REFUSAL_FULL], "refused",
		    "limits.connections reached", NULL);
		break;
	case CONNS_NO_MEMORY:
		complain(
		    log, &accepter->shortage, "refused", "out of memory", NULL);
		break;
	case CONNS_ENTERED:
	case CONNS_REPLACED:
		break;
	}
}

static void log_ended(
    struct accepter *accepter, const struct log *log, const struct peer *whose)
{
	metrics_connection_ended(accepter->server->metrics);
	complain(log, &accepter->ended, "ended",
	    "limits.connections reached: it had waited longest for a request",
	    whose);
}

/* The system gives no more sockets: they wait in the queue. */
static void log_shortage(struct accepter *accepter, int error)
{
	struct service *service = server_service(accepter->server);

	complain(&service->log, &accepter->shortage, "cannot accept",
	    error == EMFILE
		? "no descriptors are left: raise the limit of open files"
		: strerror(error),
	    NULL);
	service_release(service);
}

static void refuse(struct accepter *accepter, int fd, bool tls)
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
	reaper_add(accepter->server->reaper, fd);
	close(fd);
}

/* A proxy's connections are those of many clients. The last eighth is for the
 * XMPP server: strangers cannot take it. */
static struct conns_limits limits_of(const struct accepter *accepter,
    const struct gate *gate, const struct peer *peer, const struct conf *conf)
{
	bool trusted =
	    peer->local || ip_nets_have(conf->trusted_proxies, &peer->ip);
	struct conns_limits room = {
		.in_all = conns_most(
		    &accepter->server->conns, conf->limits.connections),
		.kept = trusted && (gate->entrance.doors & DOOR_LISTEN),
	};

	if (!trusted)
		room.per_address = conf->limits.connections_per_address;
	if (!room.kept)
		room.in_all -= room.in_all / 8;
	return room;
}

static void take(
    struct accepter *accepter, struct gate *gate, struct loop_guest *guest)
{
	struct conns *conns = &accepter->server->conns;
	struct service *service = server_service(accepter->server);
	const struct conf *conf = service->conf;
	const struct peer peer = peer_of(&guest->address);
	const struct conns_limits room = limits_of(accepter, gate, &peer, conf);
	int64_t deadline =
	    clock_micros() + (int64_t)conf->limits.header_timeout * 1000000;
	enum conns_verdict verdict;
	struct peer ended;

	guest->conn = conns_enter(
	    conns, guest->fd, peer, deadline, &room, &verdict, &ended);
	if (verdict == CONNS_REPLACED)
		log_ended(accepter, &service->log, &ended);
	if (guest->conn && !gate_add(gate, guest)) {
		conns_leave(conns, guest->conn);
		guest->conn = NULL;
		verdict = CONNS_NO_MEMORY;
	}
	if (!guest->conn) {
		metrics_connection_refused(accepter->server->metrics,
		    verdict == CONNS_CROWDED ? REFUSAL_CROWDED : REFUSAL_FULL);
		refuse(accepter, guest->fd, gate_has_tls(gate));
		log_refusal(accepter, &service->log, verdict, &peer);
	}
	service_release(service);
}

/* Accepts what is queued, up to a number; false when the system has no
 * room. */
static bool accept_some(
    struct accepter *accepter, struct gate *gate, unsigned most_now)
{
	for (unsigned i = 0; i < most_now; i++) {
		struct loop_guest guest = { .len = sizeof guest.address };

		guest.fd = accept4(gate->fd, (struct sockaddr *)&guest.address,
		    &guest.len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (guest.fd >= 0) {
			take(accepter, gate, &guest);
		} else if (errno == EMFILE || errno == ENFILE ||
			   errno == ENOBUFS || errno == ENOMEM) {
			log_shortage(accepter, errno);
			return false;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			return true;
		}
	}
	return true;
}

/* From each gate in turn; false when the system has no room. */
static bool accept_turn(struct accepter *accepter, unsigned most_now)
{
	bool room = true;

	for (unsigned i = 0; i < accepter->count; i++)
		room &= accept_some(accepter, &accepter->gates[i], most_now);
	return room;
}

/* The rest of the queues, and those that were half way in when nobody else
 * was let come. */
static void accept_last(struct accepter *accepter, struct pollfd *polls)
{
	int64_t until = clock_micros(), left;

	for (unsigned i = 0; i < accepter->count; i++)
		if (!socket_near(accepter->gates[i].fd))
			until = clock_micros() + LAST_MICROS;
	while ((left = until - clock_micros()) > 0 &&
	       poll(polls, accepter->count, (int)(left / 1000)) != 0)
		accept_turn(accepter, TURN);
	accept_turn(accepter, QUEUE_MAX);
}

static void *run(void *argument)
{
	struct accepter *accepter = argument;
	struct pollfd polls[GATES_MAX + 1];

	for (unsigned i = 0; i < accepter->count; i++)
		polls[i] = (struct pollfd){ accepter->gates[i].fd, POLLIN, 0 };
	polls[accepter->count] = (struct pollfd){ accepter->stop, POLLIN, 0 };
	while (!polls[accepter->count].revents) {
		if (poll(polls, accepter->count + 1, -1) < 0)
			continue;
		if (!accept_turn(accepter, TURN) &&
		    !polls[accepter->count].revents)
			poll(&polls[accepter->count], 1, REST_MILLISECONDS);
	}
	accept_last(accepter, polls);
	return NULL;
}

bool accepter_start(struct accepter *accepter)
{
	accepter->stop = eventfd(0, EFD_CLOEXEC);
	if (accepter->stop < 0)
		return false;
	if (pthread_create(&accepter->thread, NULL, run, accepter) == 0)
		return true;
	close(accepter->stop);
	return false;
}

void accepter_stop(struct accepter *accepter)
{
	uint64_t one = 1;
	ssize_t written = write(accepter->stop, &one, sizeof one);

	(void)written;
	pthread_join(accepter->thread, NULL);
	close(accepter->stop);
}
