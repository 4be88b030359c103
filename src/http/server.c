#include "http/server.h"

#include "http/inherit.h"
#include "http/server_keep.h"
#include "service/clock.h"
#include "service/erasure.h"
#include "service/random.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WRITERS 8
#define READERS 4
#define ERASERS 2
/* Seconds for answers to reach clients that are still sending. */
#define LAST_READS 2
/* Seconds after drain_timeout, for writes to a disk, which cannot be cut. */
#define LAST_WRITES 5
/* Microseconds; a client that sends its next request soon is not cut off. */
#define IDLE_GRACE 1000000
#define TICK 100000
/* The reaper may have one of so many descriptors. */
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

static struct service *newest(void *argument)
{
	return server_service(argument);
}

static void tell_strange(void *argument, size_t strange_notes)
{
	char memory[96];
	struct buf reason = buf_of(memory, sizeof memory);

	buf_u64(&reason, strange_notes);
	buf_text(&reason, " notes in slotd-erase cannot be read, or "
			  "were not made with key_file");
	server_note(argument, CONF_LOG_WARN, "erasures left undone", memory);
}

/* Whoever has to prove an erasure finds it here. */
static void tell_erased(void *argument, uint64_t files)
{
	char memory[64];
	struct buf reason = buf_of(memory, sizeof memory);

	buf_u64(&reason, files);
	buf_text(&reason, files == 1 ? " file" : " files");
	buf_text(&reason, " of users to be erased");
	server_note(argument, CONF_LOG_INFO, "files erased", memory);
}

static bool start_sweeper(struct server *server)
{
	server->sweeper.tell = tell_strange;
	server->sweeper.tell_erased = tell_erased;
	server->sweeper.argument = server;
	return sweeper_start(&server->sweeper, NULL);
}

bool server_open_helpers(struct server *server, const struct service *service)
{
	if (conf_sends(service->conf) && !relay_start(server->relay))
		return false;
	if (erasure_possible(service) && !server->erasers) {
		server->erasers = pool_open(ERASERS);
		if (!server->erasers)
			return false;
	}
	if (!service_waits(service))
		return true;
	if (!server->writers)
		server->writers = pool_open(WRITERS);
	if (!server->readers)
		server->readers = pool_open(READERS);
	if (!server->has_sweeper)
		server->has_sweeper = start_sweeper(server);
	if (!server->has_watcher)
		server->has_watcher = watcher_start(&server->watcher);
	return server->writers && server->readers && server->has_sweeper &&
	       server->has_watcher;
}

static void note(void *argument, enum conf_log_level level, const char *message,
    const char *reason)
{
	server_note(argument, level, message, reason);
}

static bool open_shared(struct server *server, char *wrong, size_t wrong_size)
{
	server->watcher.newest = newest;
	server->watcher.argument = server;
	server->counter.note = note;
	server->counter.argument = server;
	if (!open_replay(server) ||
	    !counter_open(&server->counter, &server->service->conf->quota,
		wrong, wrong_size))
		return false;
	server->service->issuers.quota = server->counter.quota;
	server->has_conns = conn_table_open(&server->conns);
	server->reaper =
	    reaper_open((unsigned)server->conns.fd_max / REAPER_PART);
	/* The loops wait for it, also while there is no upload. */
	server->relay = relay_open(
	    server->service->conf->limits.body_timeout, clock_micros);
	return server->reaper && server->has_conns && server->relay &&
	       server_open_helpers(server, server->service);
}

bool server_share(struct server *server, const struct service *service)
{
	return replay_share(
	    server->replay, (uint32_t)service->conf->caller_count);
}

void server_use(struct server *server, struct service *service)
{
	relay_set_timeout(server->relay, service->conf->limits.body_timeout);
	if (server->has_sweeper)
		sweeper_use(&server->sweeper, service_file_store(service));
}

void server_look(struct server *server)
{
	if (server->has_watcher)
		watcher_look(&server->watcher);
}

static bool open_listener(struct server *server, unsigned roles,
    struct inherited *inherited, char *wrong, size_t wrong_size)
{
	struct listener *listener =
	    &server->acceptor.listeners[server->acceptor.count];
	const struct conf *conf = server_conf(server);
	const struct conf_listener *wanted, *other = NULL;
	struct loop_set *set;

	listener_init(listener, server, roles);
	wanted = listener_conf(listener, conf);
	if (conf->has_public)
		other = roles & ROLE_LISTEN ? &conf->public : &conf->listen;
	listener->fd = inherit_take(inherited,
	    roles & ROLE_LISTEN ? "listen" : "public", wanted, other);
	listener->inherited = listener->fd >= 0;
	if (!listener->inherited)
		listener->fd = socket_listen(wanted, wrong, wrong_size);
	if (listener->fd < 0)
		return false;
	if (!listener->inherited)
		listener->file = socket_file(wanted);
	server->acceptor.count++;
	if (!listener_prepare(
		listener, NULL, server->service, &set, wrong, wrong_size))
		return false;
	listener_use(listener, set);
	return true;
}

/* The unit of one of the sockets may not be enabled. */
static void note_opened(struct server *server)
{
	for (unsigned i = 0; i < server->acceptor.count; i++) {
		struct listener *listener = &server->acceptor.listeners[i];

		if (listener->inherited)
			continue;
		server_note(server, CONF_LOG_WARN,
		    listener->roles & ROLE_LISTEN ? "listen" : "public",
		    "LISTEN_FDS has no socket for this listener: slotd opened "
		    "one");
	}
}

static bool open_listeners(
    struct server *server, char *wrong, size_t wrong_size)
{
	bool both = !server_conf(server)->has_public;
	struct inherited inherited;
	bool ok;

	ok = inherit_read(&inherited, wrong, wrong_size) &&
	     open_listener(server,
		 both ? ROLE_LISTEN | ROLE_PUBLIC : ROLE_LISTEN, &inherited,
		 wrong, wrong_size) &&
	     (both || open_listener(server, ROLE_PUBLIC, &inherited, wrong,
			  wrong_size)) &&
	     inherit_done(&inherited, wrong, wrong_size);
	if (ok && inherited.count)
		note_opened(server);
	return ok;
}

struct server *server_open(const struct routes *routes, struct service *service,
    char *wrong, size_t wrong_size)
{
	struct server *server = calloc(1, sizeof *server);

	snprintf(wrong, wrong_size, "out of memory or threads");
	if (!server) {
		service_release(service);
		return NULL;
	}
	pthread_mutex_init(&server->lock, NULL);
	server->routes = routes;
	server->service = service;
	access_init(&server->access);
	server->metrics = metrics_open(clock_unix(), MHD_get_version());
	server->components = metrics_components_open();
	server_keep_print(&service->conf->quota, server->counter_print);
	server->acceptor.server = server;
	if (server->metrics && server->components &&
	    open_shared(server, wrong, wrong_size) &&
	    open_listeners(server, wrong, wrong_size) &&
	    server_share(server, service))
		server->has_acceptor = acceptor_start(&server->acceptor);
	/* Sweeper and watcher work when all threads are there: what they take
	 * from the heap may be the room for a stack, where memory is
	 * limited. */
	if (server->has_acceptor) {
		server_use(server, service);
		server_look(server);
		return server;
	}
	server_close(server);
	return NULL;
}

void server_note_limit(const struct server *server)
{
	const struct conn_table *conns = &server->conns;
	unsigned wanted = server_conf(server)->limits.connections;
	unsigned most = conn_table_most(conns, wanted);
	char text[160];

	if (most >= wanted)
		return;
	snprintf(text, sizeof text,
	    "limits.connections is %u, but the limit is %u: the process may "
	    "open only %d files; raise LimitNOFILE of its unit or ulimit -n",
	    wanted, most, conns->fd_max);
	log_note(server_log(server), CONF_LOG_WARN, "few descriptors", "reason",
	    text);
}

void server_drain(struct server *server)
{
	atomic_store(&server->draining, true);
}

/* Ends idle connections meanwhile; true: none is left. */
static bool wait_for_all(struct conn_table *conns, int64_t until)
{
	int64_t now;

	while ((now = clock_micros()) < until) {
		int64_t next = now + TICK < until ? now + TICK : until;

		conn_table_end_idle(conns, now, IDLE_GRACE);
		if (conn_table_wait(conns, next))
			return true;
	}
	return conn_table_wait(conns, until);
}

/* Threads that wait for a disk cannot be ended. */
static _Noreturn void give_up(struct server *server)
{
	server_note(
	    server, CONF_LOG_ERROR, "cut off", "the disk does not answer");
	/* quota.state_file may be on another disk. */
	counter_save(&server->counter, clock_after(LAST_WRITES));
	log_flush();
	_Exit(1);
}

/* Waits for all requests; false when some had to be cut off. */
static bool finish_all(struct server *server)
{
	/* Components may have used up all of it, and a connection that is idle
	 * is no request to be cut off. */
	const int64_t least = clock_micros() + 3 * IDLE_GRACE;
	bool whole = wait_for_all(
	    &server->conns, server->until > least ? server->until : least);

	if (!whole) {
		server_note(server, CONF_LOG_WARN, "cut off",
		    "requests still ran after limits.drain_timeout");
		relay_cut(server->relay);
		conn_table_end_all(&server->conns);
		conn_table_wait(&server->conns, clock_after(LAST_WRITES));
	}
	/* libmicrohttpd aborts when it is stopped with a suspended request.
	 * A request that is still open waits for a disk. */
	if (!conn_table_wait(&server->conns, clock_micros()) ||
	    (server->writers &&
		!pool_wait(server->writers, clock_after(LAST_WRITES))))
		give_up(server);
	return whole;
}

static void release_all(struct server *server)
{
	service_release(server->service);
	while (server->old) {
		struct service *service = server->old;

		server->old = service->older;
		service_release(service);
	}
}

void server_leave(struct server *server)
{
	if (server->until)
		return;
	server->until = clock_after(server_conf(server)->limits.drain_timeout);
	server_drain(server);
	for (unsigned i = 0; i < server->acceptor.count; i++) {
		const struct listener *listener =
		    &server->acceptor.listeners[i];

		/* A reload does not change the address: server_keep.h. */
		if (!listener->inherited)
			socket_leave(
			    listener_conf(listener, server_conf(server)),
			    listener->fd, listener->file);
	}
	if (server->has_acceptor)
		acceptor_stop(&server->acceptor);
	for (unsigned i = 0; i < server->acceptor.count; i++)
		close(server->acceptor.listeners[i].fd);
}

bool server_close(struct server *server)
{
	bool whole = true;

	server_leave(server);
	if (server->has_acceptor)
		whole = finish_all(server);
	if (server->has_watcher &&
	    !watcher_stop(&server->watcher, clock_after(LAST_WRITES)))
		give_up(server);
	/* Before the loops, since the last jobs may still wake one. */
	if (server->writers)
		pool_close(server->writers);
	if (server->readers)
		pool_close(server->readers);
	if (server->erasers)
		pool_close(server->erasers);
	if (server->counter.askers)
		pool_close(server->counter.askers);
	for (unsigned i = 0; i < server->acceptor.count; i++)
		listener_done(&server->acceptor.listeners[i]);
	if (server->relay)
		relay_close(server->relay);
	if (server->has_sweeper)
		sweeper_stop(&server->sweeper);
	if (server->reaper)
		reaper_close(server->reaper, clock_after(LAST_READS));
	if (server->has_conns)
		conn_table_close(&server->conns);
	counter_close(&server->counter);
	access_done(server);
	metrics_close(server->metrics);
	metrics_components_close(server->components);
	release_all(server);
	replay_close(server->replay);
	pthread_mutex_destroy(&server->lock);
	free(server);
	return whole;
}
