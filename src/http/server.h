#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdatomic.h>

#include "http/access.h"
#include "http/acceptor.h"
#include "http/conn.h"
#include "http/reaper.h"
#include "http/stepped.h"
#include "service/counter.h"
#include "service/log.h"
#include "service/metrics.h"
#include "service/pool.h"
#include "service/service.h"
#include "service/sweeper.h"
#include "service/watcher.h"
#include "store/relay.h"

struct routes;

/*
 * The service as it runs: listening sockets, the accept loop, the event loops
 * behind it, and what all requests share. server_open to server_close are
 * called from one thread; requests use what they need from theirs.
 */
struct server {
	const struct routes *routes;
	pthread_mutex_t lock;
	struct service *service; /* the newest; see server_service */
	struct service *old;     /* may still be held by requests */
	struct replay *replay;
	struct stepped stepped;
	struct conn_table conns;
	struct reaper *reaper;
	struct access access;
	struct metrics *metrics;
	/* Where a store keeps files, else NULL: what writes may wait long for a
	 * disk, and what only looks or reads does not wait for that. */
	struct pool *writers;
	struct pool *readers;
	struct counter counter;
	uint8_t counter_print[HASH_SIZE]; /* of what it was made with */
	struct relay *relay;              /* NULL: no store has one */
	struct acceptor acceptor;
	struct sweeper sweeper;
	struct watcher watcher;
	bool has_sweeper;
	bool has_watcher;
	bool has_conns;
	bool has_acceptor;
	atomic_bool draining; /* SIGTERM has come */
};

/* Listens and serves. The service is the server's from then on, also when it
 * fails. NULL with a sentence in wrong. Signals should be blocked before: its
 * threads inherit that. */
struct server *server_open(const struct routes *routes, struct service *service,
    char *wrong, size_t wrong_size);

/*
 * Serves by another configuration, which is the server's from then on: requests
 * that have begun end by the one before. What cannot change in a running
 * process stays, and is logged. False with a sentence in wrong: nothing has
 * changed.
 */
bool server_reload(
    struct server *server, struct conf *conf, char *wrong, size_t wrong_size);

/* Says in the log when there are too few descriptors for
 * limits.connections. */
void server_note_limit(const struct server *server);

/* Frees what no request needs any more; true when it should be called again
 * in a while. */
bool server_tidy(struct server *server);

/* The end is near: /readyz says 503, and answers end their connections. */
void server_drain(struct server *server);

/*
 * Stops: what the kernel has queued is still accepted, then no more; what
 * runs is answered, within limits.drain_timeout. Frees server. False when
 * work was cut off because that time was over; if a disk hangs even then,
 * the process ends here with status 1.
 */
bool server_close(struct server *server);

/* What counts; the server does not know of reloads that came to nothing. */
struct metrics *server_metrics(const struct server *server);

/* The newest configuration, and how it logs; until the next reload. */
const struct conf *server_conf(const struct server *server);
const struct log *server_log(const struct server *server);

/* The newest service, held: to be released. */
struct service *server_service(struct server *server);

/* A line of the log that has no request. */
void server_note(struct server *server, enum conf_log_level level,
    const char *message, const char *reason);

/* --- for server_reload.c --------------------------------------------------*/

/* Opens what a configuration may be the first to need; false: no memory, or
 * no thread. */
bool server_open_helpers(struct server *server, const struct service *service);

/* Callers' shares of the replay table; false: no memory, and they are as
 * before. */
bool server_share(struct server *server, const struct service *service);

/* What all requests share goes by this service from here on. */
void server_use(struct server *server, struct service *service);

#endif
