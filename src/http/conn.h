#ifndef HTTP_CONN_H
#define HTTP_CONN_H

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "http/crowd.h"
#include "http/peer.h"
#include "http/waiting.h"

/*
 * The open connections, with a deadline each. Whoever serves a connection
 * moves its deadline; the watchdog ends what has missed its own, and what
 * waits for a client that has gone: libmicrohttpd does not see an end that
 * came together with the last bytes. It does so by shutdown(),
 * libmicrohttpd then closes.
 */
struct conn {
	struct waiter waiter; /* for a whole request */
	struct conn *next;
	struct conn *before;
	struct conn *behind; /* in its loop's list, see loop.c */
	int fd;
	bool handed;       /* see conn_hand_over */
	bool kept;         /* never ended for another */
	struct loop *loop; /* that serves it */
	struct peer peer;
	struct crowd_entry *counted; /* with its address; NULL: it has none */
	atomic_bool idle;            /* no request has begun */
	_Atomic(int64_t) rested;     /* since when, see clock_micros */
	uint64_t heard;              /* bytes, as conn_table_end_idle saw it */
	/* Whether something is to come from the client; else it is our turn,
	 * or that of a disk. */
	atomic_bool receiving;
	_Atomic(int64_t) deadline;  /* microseconds, see clock_micros */
	_Atomic(unsigned) progress; /* moves with everything that arrives */
	atomic_bool late;           /* has missed its deadline */
	unsigned gone_at; /* progress when the client was found gone */
	bool gone;
};

#define CONN_NO_DEADLINE INT64_MAX

struct conn_table {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct conn *first;
	struct pollfd *polls; /* the watchdog's, fd_max long; whose */
	struct conn **polled; /* each is */
	int fd_max;           /* as many descriptors may be open */
	unsigned count;
	unsigned ending; /* of them, for others that have come */
	struct waiting waiting;
	struct crowd *crowd;
	bool cut; /* conn_table_end_all */
	bool stopping;
	pthread_t watchdog;
};

/* False when there is no memory or no thread. */
bool conn_table_open(struct conn_table *table);
/* When no connection is left. */
void conn_table_close(struct conn_table *table);

/* How many there may be in all, where so many are wanted: half of the
 * descriptors are for files and what else there is. */
unsigned conn_table_most(const struct conn_table *table, unsigned wanted);

/* What holds for one that comes. */
struct conn_limits {
	unsigned in_all;
	unsigned per_address; /* or IPv6 /64, see crowd.h; 0: any number */
	bool kept;            /* it is not ended when there are too many */
};

enum conn_verdict {
	CONN_ENTERED,
	CONN_REPLACED, /* entered, and another is ended for it */
	CONN_FULL,     /* limits.in_all are there already */
	CONN_CROWDED,  /* limits.per_address of its address are */
	CONN_NO_MEMORY,
};

/*
 * Enters an accepted socket; NULL unless it was entered. When there are as
 * many already, the one that has waited longest for a whole request is ended
 * for it (*ret_ended: whose), if any waits.
 */
struct conn *conn_enter(struct conn_table *table, int fd, struct peer peer,
    int64_t deadline, const struct conn_limits *limits,
    enum conn_verdict *ret_verdict, struct peer *ret_ended);
/* The socket may be closed by somebody else from now on, without a word: it
 * is not touched until conn_taken or conn_leave. */
void conn_hand_over(struct conn_table *table, struct conn *conn);
/* It is open; who has it calls conn_leave before it is closed. */
void conn_taken(struct conn_table *table, struct conn *conn);
/* To be called while the socket is still open, or since conn_hand_over;
 * frees conn. */
void conn_leave(struct conn_table *table, struct conn *conn);

/* Something has arrived, or will have to: the next until the deadline. */
void conn_expect(struct conn *conn, int64_t deadline);
/* The client has said what it had to say; the answer is to be over until the
 * deadline, or CONN_NO_DEADLINE. */
void conn_serve(struct conn *conn, int64_t deadline);

/* A whole request is there, or the head of one whose body is stored as it
 * comes. */
void conn_begin(struct conn_table *table, struct conn *conn);
/* Its request is over; another may follow. */
void conn_rest(struct conn_table *table, struct conn *conn);

/* Lets connections end that have been idle for `grace` microseconds, without
 * a byte since the last call: what they have sent is still answered. */
void conn_table_end_idle(struct conn_table *table, int64_t now, int64_t grace);
/* Cuts all that are left, and those that still come. */
void conn_table_end_all(struct conn_table *table);
/* Waits until none is left or the time is reached; true: none is left. */
bool conn_table_wait(struct conn_table *table, int64_t until);

#endif
