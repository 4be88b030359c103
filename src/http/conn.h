#ifndef HTTP_CONN_H
#define HTTP_CONN_H

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "http/crowd.h"
#include "http/peer.h"

/*
 * The open connections, with a deadline each. Whoever serves a connection
 * moves its deadline; the watchdog ends what has missed its own, and what
 * waits for a client that has gone: libmicrohttpd does not see an end that
 * came together with the last bytes. It does so by shutdown(),
 * libmicrohttpd then closes.
 */
struct conn {
	struct conn *next;
	struct conn *before;
	struct conn *behind; /* in its loop's list, see loop.c */
	int fd;
	bool handed;       /* see conns_hand_over */
	struct loop *loop; /* that serves it */
	struct peer peer;
	struct crowd_entry *counted; /* with its address; NULL: it has none */
	atomic_bool idle;            /* no request has begun */
	_Atomic(int64_t) rested;     /* since when, see world_micros */
	uint64_t heard;              /* bytes, as conns_end_idle saw it */
	/* Whether something is to come from the client; else it is our turn,
	 * or that of a disk. */
	atomic_bool receiving;
	_Atomic(int64_t) deadline;  /* microseconds, see world_micros */
	_Atomic(unsigned) progress; /* moves with everything that arrives */
	atomic_bool late;           /* has missed its deadline */
	unsigned gone_at; /* progress when the client was found gone */
	bool gone;
};

#define CONN_NO_DEADLINE INT64_MAX

struct conns {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct conn *first;
	struct pollfd *polls; /* the watchdog's, fd_max long; whose */
	struct conn **polled; /* each is */
	int fd_max;           /* as many descriptors may be open */
	unsigned count;
	struct crowd *crowd;
	bool cut; /* conns_end_all */
	bool stopping;
	pthread_t watchdog;
};

/* False when there is no memory or no thread. */
bool conns_open(struct conns *conns);
/* When no connection is left. */
void conns_close(struct conns *conns);

/* How many there may be. */
struct conns_limits {
	unsigned in_all;
	unsigned per_address; /* or IPv6 /64; 0: any number */
};

enum conns_verdict {
	CONNS_ENTERED,
	CONNS_FULL,    /* limits.in_all are there already */
	CONNS_CROWDED, /* limits.per_address of its address are */
	CONNS_NO_MEMORY,
};

/* Enters an accepted socket; NULL unless the verdict is CONNS_ENTERED. */
struct conn *conns_enter(struct conns *conns, int fd, struct peer peer,
    int64_t deadline, const struct conns_limits *limits,
    enum conns_verdict *ret_verdict);
/* The socket may be closed by somebody else from now on, without a word: it
 * is not touched until conns_took or conns_leave. */
void conns_hand_over(struct conns *conns, struct conn *conn);
/* It is open; who has it calls conns_leave before it is closed. */
void conns_took(struct conns *conns, struct conn *conn);
/* To be called while the socket is still open, or since conns_hand_over;
 * frees conn. */
void conns_leave(struct conns *conns, struct conn *conn);

/* Something has arrived, or will have to: the next until the deadline. */
void conn_expect(struct conn *conn, int64_t deadline);
/* The client has said what it had to say; the answer is to be over until the
 * deadline, or CONN_NO_DEADLINE. */
void conn_serve(struct conn *conn, int64_t deadline);

/* Its request is over; another may follow. */
void conn_rest(struct conn *conn);

/* Lets connections end that have been idle for `grace` microseconds, without
 * a byte since the last call: what they have sent is still answered. */
void conns_end_idle(struct conns *conns, int64_t now, int64_t grace);
/* Cuts all that are left, and those that still come. */
void conns_end_all(struct conns *conns);
/* Waits until none is left or the time is reached; true: none is left. */
bool conns_wait(struct conns *conns, int64_t until);

#endif
