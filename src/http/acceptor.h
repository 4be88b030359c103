#ifndef HTTP_ACCEPTOR_H
#define HTTP_ACCEPTOR_H

#include "http/listener.h"

#define LISTENERS_MAX 2

/* Why a connection is not served. */
enum refusal_kind { REFUSAL_FULL, REFUSAL_CROWDED, REFUSALS };

struct complaint {
	int64_t said; /* clock_micros: when it was last logged; 0: never */
	uint64_t unsaid;
};

/*
 * The accept loop: one thread for all listening sockets. It hands each
 * connection to one of the listener's loops in turn. When there are too many it
 * ends one that waits for a request, or answers 503 itself.
 */
struct acceptor {
	struct server *server;
	struct listener listeners[LISTENERS_MAX];
	unsigned count;
	int stop; /* an eventfd */
	struct complaint complaints[REFUSALS];
	struct complaint ended;    /* connections, for others */
	struct complaint shortage; /* of descriptors or memory */
	pthread_t thread;
};

bool acceptor_start(struct acceptor *acceptor);
/* Accepts what is queued, then returns; the sockets stay open. */
void acceptor_stop(struct acceptor *acceptor);

#endif
