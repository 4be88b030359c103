#ifndef HTTP_CONN_H
#define HTTP_CONN_H

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "http/crowd.h"
#include "http/socket.h"
#include "http/waiting.h"

struct loop;
struct conn_table;

/*
 * One connection, in the table of all connections of the server.
 *
 * Its life: the acceptor's thread makes it (conn_enter) and hands it to a
 * loop. The loop gives the socket to libmicrohttpd, which may close it without
 * notice; so until conn_taken no other thread touches the socket. From
 * conn_taken to conn_leave, both on the loop's thread, the socket is open.
 * conn_leave frees the connection.
 *
 * conn_expect, conn_serve, conn_begin and conn_rest are called by the thread
 * that has the current request: the loop's, or a pool's while the request is
 * suspended. The watchdog, a thread of the table, reads the atomic members and
 * ends connections by shutdown(); libmicrohttpd then sees an end and closes
 * them. Members without a note belong to the table and are read and written
 * under its lock.
 */
struct conn {
	struct waiter waiter; /* first: see make_room in conn.c */
	LIST_ENTRY(conn) links;
	struct conn_table *table;
	struct loop *loop;         /* set by loop_add, then constant */
	TAILQ_ENTRY(conn) in_loop; /* for loop.c alone */
	/* Constant: */
	int fd;
	struct sockaddr_in6 address; /* or another; cut where it is longer */
	socklen_t address_len;
	struct peer peer;
	struct crowd_entry *counted; /* NULL: it has no address */
	bool kept;                   /* never ended to make room for another */

	bool taken;       /* by libmicrohttpd: its socket may be used */
	uint64_t heard;   /* bytes received until the last look at idle ones */
	bool gone;        /* the client had closed at the last look, */
	unsigned gone_at; /* when progress was this */

	atomic_bool idle;        /* no request has begun */
	_Atomic(int64_t) rested; /* since when it is idle, see clock_micros */
	/* True while slotd waits for bytes of the client; false while the
	 * client waits for slotd or a disk. */
	atomic_bool receiving;
	_Atomic(int64_t) deadline;  /* see clock_micros */
	_Atomic(unsigned) progress; /* grows whenever something arrives */
	atomic_bool late;           /* was ended for missing its deadline */
};

#define CONN_NO_DEADLINE INT64_MAX

struct conn_table {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	LIST_HEAD(conn_all, conn) list;
	unsigned count;
	unsigned ending; /* of them, those ended to make room */
	unsigned most;   /* at once, since memory was last given back */
	struct crowd *crowd;
	bool cut; /* conn_table_end_all was called */
	bool stopping;
	struct waiting waiting; /* has its own lock */
	int fd_max;             /* how many descriptors may be open */
	pthread_t watchdog;
	/* The watchdog's own, fd_max long: what it polls, and the connection
	 * of each entry. */
	struct pollfd *polls;
	struct conn **polled;
};

/* Raises the limit of open files and starts the watchdog. False: there is no
 * memory or no thread. */
bool conn_table_open(struct conn_table *table);
/* To be called when no connection is left. */
void conn_table_close(struct conn_table *table);

/* How many connections there may be where `wanted` are configured: at most
 * half of the descriptors, since files and upstream connections need some. */
unsigned conn_table_most(const struct conn_table *table, unsigned wanted);

/* Ends connections that have been idle for `grace` microseconds, and have sent
 * nothing since the last call. Bytes that are under way are still read and
 * answered. */
void conn_table_end_idle(struct conn_table *table, int64_t now, int64_t grace);
/* Cuts all connections, and those that are still to come. */
void conn_table_end_all(struct conn_table *table);
/* Waits until no connection is left or `until` is reached; true: none is
 * left. */
bool conn_table_wait(struct conn_table *table, int64_t until);

/* A socket from accept4, and the address that accept4 gave with it. */
struct conn_accepted {
	int fd;
	socklen_t len;
	struct sockaddr_storage address;
	struct peer peer;
};

/* The limits that apply to a new connection. */
struct conn_limits {
	unsigned in_all;
	unsigned per_address; /* or IPv6 /64, see crowd.h; 0: no limit */
	bool kept;            /* it is never ended to make room */
};

enum conn_verdict {
	CONN_ENTERED,
	CONN_REPLACED, /* entered, and another was ended for it */
	CONN_FULL,     /* limits.in_all is reached */
	CONN_CROWDED,  /* limits.per_address is reached */
	CONN_NO_MEMORY,
};

/*
 * Enters an accepted connection into the table; NULL when it is not entered,
 * and the socket is still the caller's. When limits.in_all is reached, the
 * connection that has waited longest for a whole request is ended for the new
 * one, and *ret_ended is its peer.
 */
struct conn *conn_enter(struct conn_table *table,
    const struct conn_accepted *accepted, int64_t deadline,
    const struct conn_limits *limits, enum conn_verdict *ret_verdict,
    struct peer *ret_ended);
/* libmicrohttpd has taken the connection: its socket is open until
 * conn_leave. */
void conn_taken(struct conn *conn);
/* Removes the connection from the table and frees it. Its socket is still
 * open, or libmicrohttpd has closed it without taking it. */
void conn_leave(struct conn *conn);

/* Something has arrived, or is to come: the client has until the deadline for
 * the next bytes. */
void conn_expect(struct conn *conn, int64_t deadline);
/* The client has sent all that it had to send: the answer is to be over by the
 * deadline, or CONN_NO_DEADLINE. */
void conn_serve(struct conn *conn, int64_t deadline);

/* A whole request is there, or the head of one whose body is stored as it
 * comes: the connection is not ended to make room for others. */
void conn_begin(struct conn *conn);
/* The request is over; the connection waits for the next one. now is
 * clock_micros. */
void conn_rest(struct conn *conn, int64_t now);

#endif
