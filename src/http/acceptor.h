#ifndef HTTP_ACCEPTOR_H
#define HTTP_ACCEPTOR_H

#include "http/conn.h"
#include "http/listener.h"

#define LISTENERS_MAX 2

/* Why a connection is refused, in the order of METRICS_REFUSED. */
enum refusal_kind { REFUSAL_FULL, REFUSAL_CROWDED, REFUSALS };

/* A warning that is logged once a second at the most. */
struct acceptor_warning {
	int64_t logged; /* clock_micros: when it last was; 0: never */
	uint64_t count; /* of connections since then */
};

/*
 * One thread that accepts connections from all listening sockets, and hands
 * each to a loop of its listener. When limits.connections is reached, it ends
 * a connection that waits for a request, or answers the new one with 503.
 *
 * Its life: server_open fills in server, listeners and count, then calls
 * acceptor_start; server_close calls acceptor_stop, which joins the thread.
 * In between, only the thread touches the warnings. It never waits for a
 * loop, a client or a disk.
 */
struct acceptor {
	struct server *server;
	struct listener listeners[LISTENERS_MAX];
	unsigned count;
	int stop;                                             /* an eventfd */
	struct acceptor_warning warnings[CONN_NO_MEMORY + 1]; /* by verdict */
	struct acceptor_warning shortage; /* accept4 lacked descriptors */
	pthread_t thread;
};

/* False: there is no descriptor or no thread. */
bool acceptor_start(struct acceptor *acceptor);
/* Accepts what the kernel has queued, then ends the thread. The listening
 * sockets stay open. */
void acceptor_stop(struct acceptor *acceptor);

#endif
