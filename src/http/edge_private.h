#ifndef HTTP_EDGE_PRIVATE_H
#define HTTP_EDGE_PRIVATE_H

#include "http/accept.h"
#include "service/counter.h"
#include "http/edge.h"
#include "service/sweeper.h"
#include "service/watcher.h"

/* What the files of the edge share among themselves. */

struct edge {
	struct server server;
	struct accepter accepter;
	struct sweeper sweeper;
	struct watcher watcher;
	struct counter counter;
	uint8_t counter_print[HASH_SIZE]; /* of what it was made with */
	struct service *old;              /* may still be held by requests */
	bool has_sweeper;
	bool has_watcher;
	bool has_conns;
	bool has_accepter;
};

/* Opens what a configuration may be the first to need; false: no memory, or
 * no thread. */
bool edge_open_helpers(struct edge *edge, const struct service *service);

/* Callers' shares of the replay table; false: no memory, and they are as
 * before. */
bool edge_share(struct edge *edge, const struct service *service);

/* What all requests share goes by this service from here on. */
void edge_use(struct edge *edge, struct service *service);

#endif
