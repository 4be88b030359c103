#ifndef HTTP_EDGE_H
#define HTTP_EDGE_H

#include "service/metrics.h"
#include "service/service.h"

/*
 * The service as it runs: listening sockets, the accept loop, the event
 * loops behind it, and what they share. All calls from one thread.
 */
struct edge;
struct routes;

/* Listens and serves. The service is the edge's from then on, also when it
 * fails. NULL with a sentence in wrong. Signals should be blocked before: its
 * threads inherit that. */
struct edge *edge_open(const struct routes *routes, struct service *service,
    char *wrong, size_t wrong_size);

/*
 * Serves by another configuration, which is the edge's from then on: requests
 * that have begun end by the one before. What cannot change in a running
 * process stays, and is logged. False with a sentence in wrong: nothing has
 * changed.
 */
bool edge_reload(
    struct edge *edge, struct conf *conf, char *wrong, size_t wrong_size);

/* Says in the log when there are too few descriptors for
 * limits.connections. */
void edge_note_limit(const struct edge *edge);

/* Frees what no request needs any more; true when it should be called again
 * in a while. */
bool edge_tidy(struct edge *edge);

/* The end is near: /readyz says 503, and answers end their connections. */
void edge_drain(struct edge *edge);

/*
 * Stops: what the kernel has queued is still accepted, then no more; what
 * runs is answered, within limits.drain_timeout. Frees edge. False when
 * work was cut off because that time was over; if a disk hangs even then,
 * the process ends here with status 1.
 */
bool edge_close(struct edge *edge);

/* What counts; the edge does not know of reloads that came to nothing. */
struct metrics *edge_metrics(const struct edge *edge);

/* The newest configuration, and how it logs; until the next reload. */
const struct conf *edge_conf(const struct edge *edge);
const struct log *edge_log(const struct edge *edge);

#endif
