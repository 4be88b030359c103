#ifndef HTTP_LOOP_H
#define HTTP_LOOP_H

#include <stdbool.h>

#include "core/span.h"

struct conn;
struct listener;
struct MHD_Connection;
struct MHD_Daemon;
struct relay;

/*
 * An event loop: a thread that runs a libmicrohttpd daemon. (libmicrohttpd's
 * own threads would not do: they wait for the next event after a batch of 128,
 * before they have served these.)
 *
 * Its life: a listener opens it (loop_open), gives it a daemon (loop_start),
 * retires it when a reload needs other loops (loop_retire), and closes it when
 * it has no connection left (loop_busy, loop_close). The acceptor's thread
 * hands it connections (loop_add). loop_taken and loop_leave are called on the
 * loop's own thread, by libmicrohttpd's callbacks. Any thread may
 * resume a request (loop_resume). loop_close joins the thread.
 */
struct loop;

/* What a loop is made with, and cannot change later. */
struct loop_options {
	bool files;            /* connections need room for long heads */
	uint32_t idle_timeout; /* seconds */
	bool tls;
	struct span cert; /* PEM with NUL behind it; read by handler_start */
	struct span key;
};

/* Makes a loop for a listener, which must outlive it. loop_start must follow.
 * NULL: there is no memory. */
struct loop *loop_open(const struct listener *listener);
/* Runs a daemon, which is the loop's from then on, on a thread of its own; and
 * a relay, which must outlive it (NULL: none). False when daemon is NULL or
 * there is no thread: the loop is then freed. */
bool loop_start(
    struct loop *loop, struct MHD_Daemon *daemon, struct relay *relay);
/* Ends the thread, closes what is open, and frees the loop. No request may be
 * suspended. */
void loop_close(struct loop *loop);

const struct listener *loop_listener(const struct loop *loop);

/* From now on each answer ends its connection. */
void loop_retire(struct loop *loop);
bool loop_retired(const struct loop *loop);
/* Whether the loop has connections, counting those on their way to it. */
bool loop_busy(const struct loop *loop);
/* Resumes a suspended connection of libmicrohttpd, and makes the loop look at
 * it at once. (Without threads of its own libmicrohttpd wakes nobody.) */
void loop_resume(struct loop *loop, struct MHD_Connection *mhd);

/* Hands a connection over; from now on it belongs to the loop. */
void loop_add(struct loop *loop, struct conn *conn);
/* libmicrohttpd has taken the connection with this socket. NULL: the socket
 * did not come from loop_add. */
struct conn *loop_taken(struct loop *loop, int fd);
/* One of the loop's connections has ended: calls conn_leave. */
void loop_leave(struct loop *loop, struct conn *conn);

/* A loop mostly has one request at a time, whose memory waits here for the next
 * one. loop_spare gives it; NULL: there is none. loop_keep takes memory from
 * malloc, always of the same size. Both are for the loop's own thread. */
void *loop_spare(struct loop *loop);
void loop_keep(struct loop *loop, void *memory);

#endif
