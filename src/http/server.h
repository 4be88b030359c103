#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdatomic.h>

#include "http/access.h"
#include "http/acceptor.h"
#include "http/conn.h"
#include "http/reaper.h"
#include "service/counter.h"
#include "service/issuance.h"
#include "service/log.h"
#include "service/metrics.h"
#include "service/metrics_component.h"
#include "service/pool.h"
#include "service/service.h"
#include "service/sweeper.h"
#include "service/watcher.h"
#include "store/relay.h"

struct routes;

/*
 * The running server: listening sockets, the acceptor, the event loops, and
 * what all requests share.
 *
 * Its life: one thread, the main one, calls server_open, server_reload,
 * server_tidy, server_drain, server_leave and server_close. server_open starts
 * the acceptor last, so no request runs while the server is incomplete;
 * server_leave stops the acceptor; server_close waits for all requests, then
 * closes the pools, the loops and what is shared, in this order. Requests run
 * on their loops' threads, and use the shared members, each by its own
 * functions, which any thread may call. Only the main thread replaces
 * `service`; others get it from server_service.
 */
struct server {
	const struct routes *routes;
	pthread_mutex_t lock;    /* of service */
	struct service *service; /* the newest */
	struct service *old;     /* older ones that requests may still hold */
	struct replay *replay;
	/* When to log again that the replay table refuses signed requests, see
	 * clock_micros; 0: it does not. */
	_Atomic(int64_t) blocked_log;
	struct conn_table conns;
	struct reaper *reaper;
	struct access access;
	struct metrics *metrics;
	struct metrics_components *components; /* their numbers */
	/* NULL where no store keeps files. Jobs that write may wait long for a
	 * disk; jobs that only look or read do not wait for those. */
	struct pool *writers;
	struct pool *readers;
	struct pool *erasers; /* write notes of erasures; NULL: see 501 */
	struct counter counter;
	uint8_t counter_print[HASH_SIZE]; /* see server_keep.h */
	struct relay *relay;
	struct acceptor acceptor;
	struct sweeper sweeper;
	struct watcher watcher;
	bool has_sweeper;
	bool has_watcher;
	bool has_conns;
	bool has_acceptor;
	atomic_bool draining; /* see server_drain */
	int64_t until;        /* see server_leave; 0: not yet */
};

/*
 * Opens the listening sockets and serves. The service is the server's from
 * then on, also when this fails. NULL with a sentence in wrong. Signals should
 * be blocked before, since the new threads inherit that.
 */
struct server *server_open(const struct routes *routes, struct service *service,
    char *wrong, size_t wrong_size);

/*
 * Serves new requests by another configuration, which is the server's from
 * then on, also when this fails. Requests that have begun end by the previous
 * one. Settings that cannot change in a running process keep their values, and
 * a warning is logged for each. False with a sentence in wrong: nothing has
 * changed.
 */
bool server_reload(
    struct server *server, struct conf *conf, char *wrong, size_t wrong_size);

/* Logs a warning when there are too few descriptors for limits.connections. */
void server_note_limit(const struct server *server);

/* Frees services and loops of earlier configurations that no request needs any
 * more. True: some are left, and it should be called again in a while. */
bool server_tidy(struct server *server);

/* Announces the end: /readyz answers 503, and answers end their
 * connections. */
void server_drain(struct server *server);

/* Accepts what the kernel has queued, and nothing more. limits.drain_timeout
 * begins now: others who need that time, as components do, do not add to it. */
void server_leave(struct server *server);

/*
 * After server_leave, which it calls if nobody has: answers what was accepted,
 * within limits.drain_timeout, and frees the server. False when requests were
 * cut off because that time was over. If a disk hangs even after that, the
 * process ends here with status 1.
 */
bool server_close(struct server *server);

/* --- server_state.c -------------------------------------------------------*/

/* The newest service, held: the caller calls service_release. Any thread. */
struct service *server_service(struct server *server);

/* The threads for slots that wait in this way; not for ISSUANCE_AT_ONCE. The
 * caller holds a service. */
struct pool *server_pool(const struct server *server, enum issuance_wait wait);

/* For the main thread: the newest configuration and its log, which are valid
 * until the next reload. */
const struct conf *server_conf(const struct server *server);
const struct log *server_log(const struct server *server);

/* Logs a line that belongs to no request. Any thread. */
void server_note(struct server *server, enum conf_log_level level,
    const char *message, const char *reason);

/*
 * For how many seconds signed requests are still refused because the clock
 * stepped back by *ret_back seconds; 0: they are not refused. (The replay
 * table refuses them until the clock shows again what it showed before, see
 * replay_blocked; only a restart ends that earlier.) Logs it once a minute,
 * and when it is over. Any thread.
 */
int64_t server_blocked(struct server *server, int64_t *ret_back);

/* A signed request was accepted: logs that, if their refusal was logged. */
void server_unblocked(struct server *server);

/* --- for server_reload.c --------------------------------------------------*/

/* Opens the relay, pools and threads that this service is the first to need.
 * False: there is no memory or no thread. */
bool server_open_helpers(struct server *server, const struct service *service);

/* Divides the replay table among the callers of this service. False: there is
 * no memory, and the shares are as before. */
bool server_share(struct server *server, const struct service *service);

/* Passes the settings of this service to what all requests share. */
void server_use(struct server *server, struct service *service);

/* Looks at the disk of the newest service's store at once. */
void server_look(struct server *server);

#endif
