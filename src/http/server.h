#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdatomic.h>

#include "http/access.h"
#include "http/conn.h"
#include "service/log.h"
#include "service/metrics.h"
#include "service/pool.h"
#include "http/reaper.h"
#include "service/service.h"
#include "http/stepped.h"
#include "store/relay.h"

struct routes;

/* What every request may use. */
struct server {
	const struct routes *routes;
	pthread_mutex_t lock;
	struct service *service; /* the newest; see server_service */
	struct replay *replay;
	struct stepped stepped;
	struct conns conns;
	struct reaper *reaper;
	struct access access;
	struct metrics *metrics;
	/* Where a store keeps files, else NULL: what writes may wait long for a
	 * disk, and what only looks or reads does not wait for that. */
	struct pool *writers;
	struct pool *readers;
	struct quota *quota;
	struct pool *askers;  /* for a counter that waits, else NULL */
	struct relay *relay;  /* NULL: no store has one */
	atomic_bool draining; /* SIGTERM has come */
};

/* The newest service, held: to be released. */
struct service *server_service(struct server *server);

/* A line of the log that has no request. */
void server_note(struct server *server, enum conf_log_level level,
    const char *message, const char *reason);

/* Where a request came in: bits, for route.h. */
enum door {
	DOOR_LISTEN = 1,
	DOOR_PUBLIC = 2,
};

/* One listener's side of the server: what libmicrohttpd's callbacks get. */
struct entrance {
	struct server *server;
	unsigned doors; /* without `public`, listen is both */
};

#endif
