#ifndef HTTP_ACCEPT_H
#define HTTP_ACCEPT_H

#include "http/gate.h"

#define GATES_MAX 2

/* Why a connection is not served. */
enum refusal_kind { REFUSAL_FULL, REFUSAL_CROWDED, REFUSALS };

struct complaint {
	int64_t said; /* clock_micros: when it was last logged; 0: never */
	uint64_t unsaid;
};

/*
 * The accept loop: one thread for all listening sockets. It hands each
 * connection to one of the gate's loops in turn. When there are too many it
 * ends one that waits for a request, or answers 503 itself.
 */
struct accepter {
	struct server *server;
	struct gate gates[GATES_MAX];
	unsigned count;
	int stop; /* an eventfd */
	struct complaint complaints[REFUSALS];
	struct complaint ended;    /* connections, for others */
	struct complaint shortage; /* of descriptors or memory */
	pthread_t thread;
};

bool accepter_start(struct accepter *accepter);
/* Accepts what is queued, then returns; the sockets stay open. */
void accepter_stop(struct accepter *accepter);

#endif
