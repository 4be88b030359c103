#ifndef HTTP_LOOP_H
#define HTTP_LOOP_H

#include <sys/socket.h>

#include "http/server.h"

/*
 * An event loop: a thread that runs a libmicrohttpd daemon. (Its own threads
 * would not do: after a batch of just 128 events they wait for the next one
 * before they serve these.)
 */
struct loop;

/* NULL: no memory, or libmicrohttpd did not start. entrance must outlive
 * it. */
struct loop *loop_open(const struct entrance *entrance);

/* A connection that was accepted, and where it is counted. */
struct loop_guest {
	int fd;
	socklen_t len;
	struct sockaddr_storage address;
	struct conn *conn;
};

/* Hands a connection over; false while hundreds are on their way already. */
bool loop_add(struct loop *loop, const struct loop_guest *guest);

/* From any thread: it looks at its connections at once, for one was resumed.
 * (Without threads of its own libmicrohttpd wakes nobody.) */
void loop_wake(struct loop *loop);

/* No connection may be suspended. What is open is closed. */
void loop_close(struct loop *loop);

#endif
