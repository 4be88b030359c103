#include "http/edge_private.h"

#include "service/counter.h"
#include "http/inherit.h"
#include "http/socket.h"
#include "http/stays.h"
#include "service/clock.h"
#include "service/random.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WRITERS 8
#define READERS 4
/* Milliseconds, for new credentials to come before they are needed. */
/* For answers to arrive at clients that are still sending. */
#define LAST_READS 2000000
/* After drain_timeout: for a disk to finish what cannot be cut. */
#define LAST_WORDS 5000000
/* A client that goes on at once after an answer is not cut off. */
#define IDLE_GRACE 1000000
#define TICK 100000
/* Of all descriptors: one part for answers on their way. */
#define REAPER_PART 16

static bool open_replay(struct server *server)
{
	const struct conf *conf = server->service->conf;
	struct replay_config config = {
		.max_skew = conf->max_skew,
		.max = conf->replay_max,
	};

	random_bytes(config.seed, sizeof config.seed);
	server->replay = replay_open(&config);
	return server->replay &&
	       service_authenticate(server->service, server->replay);
}

bool edge_open_helpers(struct edge *edge, const struct service *service)
{
	struct server *server = &edge->server;

	if (conf_sends(service->conf) && !server->relay) {
		server->relay = relay_open(
		    service->conf->limits.body_timeout, clock_micros);
		if (!server->relay)
			return false;
	}
	if (!service_file_store(service))
		return true;
	if (!server->writers)
		server->writers = pool_open(WRITERS);
	if (!server->readers)
		server->readers = pool_open(READERS);
	if (!edge->has_sweeper)
		edge->has_sweeper = sweeper_start(&edge->sweeper, NULL);
	if (!edge->has_watcher)
		edge->has_watcher = watcher_start(&edge->watcher);
	return server->writers && server->readers && edge->has_sweeper &&
	       edge->has_watcher;
}

static void note(void *argument, enum conf_log_level level, const char *message,
    const char *reason)
{
	server_note(argument, level, message, reason);
}

static bool open_shared(struct edge *edge, char *wrong, size_t wrong_size)
{
	struct server *server = &edge->server;

	edge->counter.note = note;
	edge->counter.argument = server;
	if (!open_replay(server) ||
	    !counter_open(&edge->counter, &server->service->conf->quota, wrong,
		wrong_size))
		return false;
	server->quota = edge->counter.quota;
	server->askers = edge->counter.askers;
	server->service->issuers.quota = server->quota;
	server->reaper = reaper_open();
	edge->has_conns = conns_open(&server->conns);
	/* The others are for connections and for files. */
	if (server->reaper)
		reaper_bound(server->reaper,
		    (unsigned)server->conns.fd_max / REAPER_PART);
	return server->reaper && edge->has_conns &&
	       edge_open_helpers(edge, server->service);
}

bool edge_share(struct edge *edge, const struct service *service)
{
	return replay_share(
	    edge->server.replay, (uint32_t)service->conf->caller_count);
}

void edge_use(struct edge *edge, struct service *service)
{
	if (edge->server.relay)
		relay_set_timeout(
		    edge->server.relay, service->conf->limits.body_timeout);
	if (edge->has_sweeper)
		sweeper_use(&edge->sweeper, service_file_store(service));
	if (edge->has_watcher)
		watcher_use(&edge->watcher, service);
}

/* One listening socket with its loops behind it. */
static bool open_gate(struct edge *edge, unsigned doors,
    struct inherited *inherited, char *wrong, size_t wrong_size)
{
	struct gate *gate = &edge->accepter.gates[edge->accepter.count];
	const struct conf *conf = edge_conf(edge);
	const struct conf_listener *listener, *other = NULL;
	struct loops *loops;

	gate_init(gate, -1, &edge->server, doors);
	listener = gate_listener(gate, conf);
	if (conf->has_public)
		other = doors & DOOR_LISTEN ? &conf->public : &conf->listen;
	gate->fd = inherit_take(inherited,
	    doors & DOOR_LISTEN ? "listen" : "public", listener, other);
	gate->inherited = gate->fd >= 0;
	if (!gate->inherited)
		gate->fd = socket_listen(listener, wrong, wrong_size);
	if (gate->fd < 0)
		return false;
	if (!gate->inherited)
		gate->file = socket_file(listener);
	edge->accepter.count++;
	if (!gate_prepare(
		gate, edge->server.service, &loops, wrong, wrong_size))
		return false;
	gate_use(gate, loops);
	return true;
}

/* A socket unit may be missing. */
static void note_opened(struct edge *edge)
{
	for (unsigned i = 0; i < edge->accepter.count; i++) {
		struct gate *gate = &edge->accepter.gates[i];

		if (gate->inherited)
			continue;
		server_note(&edge->server, CONF_LOG_WARN,
		    gate->entrance.doors & DOOR_LISTEN ? "listen" : "public",
		    "LISTEN_FDS: no socket came for it, slotd opened one");
	}
}

static bool open_gates(struct edge *edge, char *wrong, size_t wrong_size)
{
	bool both = !edge_conf(edge)->has_public;
	struct inherited inherited;
	bool ok;

	ok = inherit_read(&inherited, wrong, wrong_size) &&
	     open_gate(edge, both ? DOOR_LISTEN | DOOR_PUBLIC : DOOR_LISTEN,
		 &inherited, wrong, wrong_size) &&
	     (both ||
		 open_gate(edge, DOOR_PUBLIC, &inherited, wrong, wrong_size)) &&
	     inherit_done(&inherited, wrong, wrong_size);
	if (ok && inherited.count)
		note_opened(edge);
	return ok;
}

struct edge *edge_open(const struct routes *routes, struct service *service,
    char *wrong, size_t wrong_size)
{
	struct edge *edge = calloc(1, sizeof *edge);

	snprintf(wrong, wrong_size, "out of memory or threads");
	if (!edge) {
		service_release(service);
		return NULL;
	}
	pthread_mutex_init(&edge->server.lock, NULL);
	edge->server.routes = routes;
	edge->server.service = service;
	access_init(&edge->server.access);
	edge->server.metrics = metrics_open(clock_unix(), MHD_get_version());
	stays_print(&service->conf->quota, edge->counter_print);
	edge->accepter.server = &edge->server;
	if (edge->server.metrics && open_shared(edge, wrong, wrong_size) &&
	    open_gates(edge, wrong, wrong_size) && edge_share(edge, service)) {
		edge_use(edge, service);
		edge->has_accepter = accepter_start(&edge->accepter);
		if (edge->has_accepter)
			return edge;
	}
	edge_close(edge);
	return NULL;
}

struct metrics *edge_metrics(const struct edge *edge)
{
	return edge->server.metrics;
}

const struct conf *edge_conf(const struct edge *edge)
{
	return edge->server.service->conf;
}

const struct log *edge_log(const struct edge *edge)
{
	return &edge->server.service->log;
}

void edge_note_limit(const struct edge *edge)
{
	const struct conns *conns = &edge->server.conns;
	unsigned wanted = edge_conf(edge)->limits.connections;
	unsigned most = conns_most(conns, wanted);
	char text[160];

	if (most >= wanted)
		return;
	snprintf(text, sizeof text,
	    "%u connections at the most, not the %u of limits.connections: "
	    "the process may open %d files (LimitNOFILE of its unit, "
	    "ulimit -n)",
	    most, wanted, conns->fd_max);
	log_note(
	    edge_log(edge), CONF_LOG_WARN, "few descriptors", "reason", text);
}

void edge_drain(struct edge *edge)
{
	atomic_store(&edge->server.draining, true);
}

/* Idle connections end once they have been so for a moment. */
static bool wait_for_all(struct conns *conns, int64_t until)
{
	int64_t now;

	while ((now = clock_micros()) < until) {
		int64_t next = now + TICK < until ? now + TICK : until;

		conns_end_idle(conns, now, IDLE_GRACE);
		if (conns_wait(conns, next))
			return true;
	}
	return conns_wait(conns, until);
}

/* The disk does not answer, and what waits for it cannot be ended. */
static _Noreturn void give_up(struct edge *edge)
{
	server_note(&edge->server, CONF_LOG_ERROR, "cut off",
	    "the disk does not answer");
	/* That of the counts may be another. */
	counter_save(&edge->counter, clock_micros() + LAST_WORDS);
	log_flush();
	_Exit(1);
}

/* Lets everything that runs end; false when it had to be cut. */
static bool finish_all(struct edge *edge)
{
	struct server *server = &edge->server;
	uint32_t seconds = server->service->conf->limits.drain_timeout;
	int64_t until = clock_micros() + (int64_t)seconds * 1000000;
	bool whole = wait_for_all(&server->conns, until);

	if (!whole) {
		server_note(server, CONF_LOG_WARN, "cut off",
		    "limits.drain_timeout is over");
		if (server->relay)
			relay_cut(server->relay);
		conns_end_all(&server->conns);
		conns_wait(&server->conns, clock_micros() + LAST_WORDS);
	}
	/* Stopping a daemon with a suspended request would abort; what is
	 * still open then waits for a disk. */
	if (!conns_wait(&server->conns, clock_micros()) ||
	    (server->writers &&
		!pool_wait(server->writers, clock_micros() + LAST_WORDS)))
		give_up(edge);
	return whole;
}

static void release_all(struct edge *edge)
{
	service_release(edge->server.service);
	while (edge->old) {
		struct service *service = edge->old;

		edge->old = service->older;
		service_release(service);
	}
}

bool edge_close(struct edge *edge)
{
	struct server *server = &edge->server;
	bool whole = true;

	edge_drain(edge);
	for (unsigned i = 0; i < edge->accepter.count; i++) {
		const struct gate *gate = &edge->accepter.gates[i];

		/* As it was opened: see stays_apply. */
		if (!gate->inherited)
			socket_leave(gate_listener(gate, edge_conf(edge)),
			    gate->fd, gate->file);
	}
	if (edge->has_accepter)
		accepter_stop(&edge->accepter);
	for (unsigned i = 0; i < edge->accepter.count; i++)
		close(edge->accepter.gates[i].fd);
	if (edge->has_accepter)
		whole = finish_all(edge);
	if (edge->has_watcher &&
	    !watcher_stop(&edge->watcher, clock_micros() + LAST_WORDS))
		give_up(edge);
	/* The last of their jobs may still wake a loop. */
	if (server->relay)
		relay_close(server->relay);
	if (server->writers)
		pool_close(server->writers);
	if (server->readers)
		pool_close(server->readers);
	if (edge->counter.askers)
		pool_close(edge->counter.askers);
	for (unsigned i = 0; i < edge->accepter.count; i++)
		gate_done(&edge->accepter.gates[i]);
	if (edge->has_sweeper)
		sweeper_stop(&edge->sweeper);
	if (server->reaper)
		reaper_close(server->reaper, clock_micros() + LAST_READS);
	if (edge->has_conns)
		conns_close(&server->conns);
	counter_close(&edge->counter);
	access_done(server);
	metrics_close(server->metrics);
	release_all(edge);
	replay_close(server->replay);
	pthread_mutex_destroy(&server->lock);
	free(edge);
	return whole;
}
