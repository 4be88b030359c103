#ifndef HTTP_EDGE_H
#define HTTP_EDGE_H

#include "http/service.h"

/*
 * The service as it runs: listening sockets, the accept loop, the event
 * loops behind it, and what they share.
 */
struct edge;

/* Listens and serves. The service must outlive it. NULL with a sentence in
 * wrong. Signals should be blocked before: its threads inherit that. */
struct edge *edge_open(struct service *service, char *wrong, size_t wrong_size);

/*
 * Stops: what the kernel has queued is still accepted, then no more; what
 * runs is answered, within limits.drain_timeout. Frees edge. False when
 * work was cut off because that time was over; if a disk hangs even then,
 * the process should end by _exit.
 */
bool edge_close(struct edge *edge);

#endif
