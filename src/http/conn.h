#ifndef HTTP_CONN_H
#define HTTP_CONN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The open connections, with a deadline each. Whoever serves a connection
 * moves its deadline; the watchdog ends what has missed its own. It does so
 * by shutdown(), libmicrohttpd then closes.
 */
struct conn {
	struct conn *next;
	struct conn *before;
	int fd;
	atomic_bool idle;          /* no request has begun */
	_Atomic(int64_t) deadline; /* microseconds, see world_micros */
};

#define CONN_NO_DEADLINE INT64_MAX

struct conns {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct conn *first;
	struct conn **by_fd;
	int fd_max; /* by_fd's size */
	unsigned count;
	unsigned max;
	bool stopping;
	pthread_t watchdog;
};

/* max: connections at once. False when there is no memory or no thread. */
bool conns_open(struct conns *conns, unsigned max);
/* When no connection is left. */
void conns_close(struct conns *conns);

/* Enters an accepted socket. NULL when there are max already, or when there
 * is no memory. */
struct conn *conns_enter(struct conns *conns, int fd, int64_t deadline);
/* The connection of a socket; NULL when it is none of ours. */
struct conn *conns_find(struct conns *conns, int fd);
/* To be called while the socket is still open; frees conn. */
void conns_leave(struct conns *conns, struct conn *conn);
/* The same for a socket that was closed before anybody served it: does
 * nothing when conn is not there any more. */
void conns_forget(struct conns *conns, int fd, const struct conn *conn);

/* Lets idle connections end: what they have sent is still answered. */
void conns_end_idle(struct conns *conns);
/* Cuts all that are left. */
void conns_end_all(struct conns *conns);
/* Waits until none is left or the time is reached; true: none is left. */
bool conns_wait(struct conns *conns, int64_t until);

#endif
