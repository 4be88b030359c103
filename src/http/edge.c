#include "http/edge.h"

#include "http/accept.h"
#include "http/json.h"
#include "http/socket.h"
#include "http/sweeper.h"
#include "http/world.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define WRITERS 8
#define READERS 4
/* For answers to arrive at clients that are still sending. */
#define LAST_READS 2000000
/* After drain_timeout: for a disk to finish what cannot be cut. */
#define LAST_WORDS 5000000

struct edge {
	struct server server;
	struct entrance entrances[GATES_MAX];
	struct accepter accepter;
	struct sweeper sweeper;
	bool has_sweeper;
	bool has_conns;
	bool has_accepter;
};

static const struct conf_listener *listener_of(
    const struct edge *edge, unsigned number)
{
	const struct conf *conf = edge->server.service->conf;

	return number == 0 ? &conf->listen : &conf->public;
}

static unsigned count_threads(const struct conf *conf)
{
	cpu_set_t cpus;

	if (conf->threads)
		return conf->threads;
	if (sched_getaffinity(0, sizeof cpus, &cpus) != 0)
		return 1;
	return (unsigned)CPU_COUNT(&cpus);
}

static bool open_auth(struct server *server)
{
	const struct conf *conf = server->service->conf;
	struct replay_config config = {
		.max_skew = conf->max_skew,
		.max = conf->replay_max,
		.callers = (uint32_t)conf->caller_count,
	};
	uint8_t random[32];
	struct replay *replay;

	world_random(config.seed, sizeof config.seed);
	world_random(random, sizeof random);
	replay = replay_open(&config);
	if (!replay)
		return false;
	auth_init(
	    &server->auth, conf->callers, conf->caller_count, replay, random);
	wipe(random, sizeof random);
	return true;
}

static bool open_shared(struct edge *edge)
{
	struct server *server = &edge->server;
	const struct conf *conf = server->service->conf;

	server->log = (struct log){ conf->log_format, conf->log_level };
	json_start();
	if (!open_auth(server))
		return false;
	server->reaper = reaper_open();
	edge->has_conns = conns_open(&server->conns);
	if (!server->reaper || !edge->has_conns)
		return false;
	if (conf_sends(conf)) {
		server->relay =
		    relay_open(conf->limits.body_timeout, world_micros);
		if (!server->relay)
			return false;
	}
	if (!server->service->fs)
		return true;
	server->writers = pool_open(WRITERS);
	server->readers = pool_open(READERS);
	edge->has_sweeper = server->writers && server->readers &&
			    sweeper_start(&edge->sweeper, server->service->fs);
	return edge->has_sweeper;
}

static bool open_loops(struct gate *gate, const struct entrance *entrance)
{
	unsigned count = count_threads(entrance->server->service->conf);

	gate->loops = calloc(count, sizeof(struct loop *));
	while (gate->loops && gate->loop_count < count) {
		struct loop *loop = loop_open(entrance);

		if (!loop)
			return false;
		gate->loops[gate->loop_count++] = loop;
	}
	return gate->loops != NULL;
}

static void close_loops(struct gate *gate)
{
	for (unsigned i = 0; i < gate->loop_count; i++)
		loop_close(gate->loops[i]);
	free(gate->loops);
}

/* One listening socket with its loops behind it. */
static bool open_gate(
    struct edge *edge, unsigned doors, char *wrong, size_t wrong_size)
{
	unsigned number = edge->accepter.count;
	struct gate *gate = &edge->accepter.gates[number];
	struct entrance *entrance = &edge->entrances[number];

	*entrance = (struct entrance){ &edge->server, doors };
	gate->fd = socket_listen(listener_of(edge, number), wrong, wrong_size);
	if (gate->fd < 0)
		return false;
	/* Strangers cannot take the last connections from the XMPP server. */
	gate->max = edge->server.service->conf->limits.connections;
	if (doors == DOOR_PUBLIC)
		gate->max -= gate->max / 8;
	edge->accepter.count++;
	if (open_loops(gate, entrance))
		return true;
	snprintf(wrong, wrong_size, "libmicrohttpd did not start");
	return false;
}

static bool open_gates(struct edge *edge, char *wrong, size_t wrong_size)
{
	const struct conf *conf = edge->server.service->conf;

	if (!conf->has_public)
		return open_gate(
		    edge, DOOR_LISTEN | DOOR_PUBLIC, wrong, wrong_size);
	return open_gate(edge, DOOR_LISTEN, wrong, wrong_size) &&
	       open_gate(edge, DOOR_PUBLIC, wrong, wrong_size);
}

struct edge *edge_open(struct service *service, char *wrong, size_t wrong_size)
{
	struct edge *edge = calloc(1, sizeof *edge);

	snprintf(wrong, wrong_size, "out of memory or threads");
	if (!edge)
		return NULL;
	edge->server.service = service;
	edge->accepter.server = &edge->server;
	if (open_shared(edge) && open_gates(edge, wrong, wrong_size)) {
		edge->has_accepter = accepter_start(&edge->accepter);
		if (edge->has_accepter)
			return edge;
	}
	edge_close(edge);
	return NULL;
}

/* Lets everything that runs end; false when it had to be cut. */
static bool drain(struct edge *edge)
{
	struct server *server = &edge->server;
	uint32_t seconds = server->service->conf->limits.drain_timeout;
	int64_t until = world_micros() + (int64_t)seconds * 1000000;
	bool whole;

	conns_end_idle(&server->conns);
	whole = conns_wait(&server->conns, until);
	if (!whole) {
		log_note(&server->log, CONF_LOG_WARN, "cut off", "reason",
		    "limits.drain_timeout is over");
		if (server->relay)
			relay_cut(server->relay);
		conns_end_all(&server->conns);
		conns_wait(&server->conns, world_micros() + LAST_WORDS);
	}
	/* Stopping a daemon with a suspended request would abort; what is
	 * still open then waits for a disk. */
	if (!conns_wait(&server->conns, world_micros()) ||
	    (server->writers &&
		!pool_wait(server->writers, world_micros() + LAST_WORDS))) {
		log_note(&server->log, CONF_LOG_ERROR, "cut off", "reason",
		    "the disk does not answer");
		_Exit(0);
	}
	return whole;
}

bool edge_close(struct edge *edge)
{
	struct server *server = &edge->server;
	bool whole = true;

	atomic_store(&server->draining, true);
	if (edge->has_accepter)
		accepter_stop(&edge->accepter);
	for (unsigned i = 0; i < edge->accepter.count; i++)
		socket_close(listener_of(edge, i), edge->accepter.gates[i].fd);
	if (edge->has_accepter)
		whole = drain(edge);
	/* The last of their jobs may still wake a loop. */
	if (server->relay)
		relay_close(server->relay);
	if (server->writers)
		pool_close(server->writers);
	if (server->readers)
		pool_close(server->readers);
	for (unsigned i = 0; i < edge->accepter.count; i++)
		close_loops(&edge->accepter.gates[i]);
	if (edge->has_sweeper)
		sweeper_stop(&edge->sweeper);
	if (server->reaper)
		reaper_close(server->reaper, world_micros() + LAST_READS);
	if (edge->has_conns)
		conns_close(&server->conns);
	if (server->auth.replay) {
		replay_close(server->auth.replay);
		auth_done(&server->auth);
	}
	free(edge);
	return whole;
}
