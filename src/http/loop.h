#ifndef HTTP_LOOP_H
#define HTTP_LOOP_H

#include <stdbool.h>
#include <sys/socket.h>

#include "core/hash.h"

struct conn;
struct listener;

/*
 * An event loop: a thread that runs a libmicrohttpd daemon. (Its own threads
 * would not do: after a batch of just 128 events they wait for the next one
 * before they serve these.)
 */
struct loop;
struct MHD_Daemon;

/* What a loop is made with, and cannot change. */
struct loop_options {
	bool files;            /* connections need room for long heads */
	uint32_t idle_timeout; /* seconds */
	bool tls;
	uint8_t print[HASH_SIZE]; /* of certificate and key */
	const char *cert;         /* PEM; needed by loop_open alone */
	const char *key;
};

/* NULL: no memory. listener must outlive it. To be started at once. */
struct loop *loop_open(const struct listener *listener);
/* Runs a daemon, which is the loop's from then on, on a thread of its own.
 * False when daemon is NULL or there is no thread; the loop is gone then. */
bool loop_start(struct loop *loop, struct MHD_Daemon *daemon);

/* A connection that was accepted, and where it is counted. */
struct loop_guest {
	int fd;
	socklen_t len;
	struct sockaddr_storage address;
	struct conn *conn;
};

/* From now on its answers end their connections. */
void loop_retire(struct loop *loop);
bool loop_retired(const struct loop *loop);
/* Whether it has connections, or some are on their way to it. */
bool loop_busy(const struct loop *loop);
/* Keeps the loop open until the matching loop_release. */
void loop_hold(struct loop *loop);
void loop_release(struct loop *loop);
/* One of its connections has ended: conn_leave, and the loop has one less. */
void loop_leave(struct loop *loop, struct conn *conn);

/* Hands a connection over; false: no memory, it is the caller's still. */
bool loop_add(struct loop *loop, const struct loop_guest *guest);
/* From the loop's own thread: libmicrohttpd has taken the connection with this
 * socket. NULL: it did not come from loop_add. */
struct conn *loop_took(struct loop *loop, int fd);
const struct listener *loop_listener(const struct loop *loop);

/* From any thread: it looks at its connections at once, for one was resumed.
 * (Without threads of its own libmicrohttpd wakes nobody.) */
void loop_wake(struct loop *loop);

/* No connection may be suspended. What is open is closed. */
void loop_close(struct loop *loop);

#endif
