#ifndef HTTP_ACCEPT_H
#define HTTP_ACCEPT_H

#include "http/server.h"

struct MHD_Daemon;

/* A listening socket and the daemon that serves what it accepts. */
struct gate {
	int fd;
	struct MHD_Daemon *daemon;
	unsigned max; /* connections in all, from which on it refuses */
};

#define GATES_MAX 2

/*
 * The accept loop: one thread for all listening sockets. It hands each
 * connection to the gate's daemon, and answers 503 itself when there are
 * too many.
 */
struct accepter {
	struct server *server;
	struct gate gates[GATES_MAX];
	unsigned count;
	int stop;     /* an eventfd */
	int64_t said; /* world_micros: when a refusal was last logged */
	uint64_t unsaid;
	pthread_t thread;
};

bool accepter_start(struct accepter *accepter);
/* Accepts what is queued, then returns; the sockets stay open. */
void accepter_stop(struct accepter *accepter);

#endif
