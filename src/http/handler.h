#ifndef HTTP_HANDLER_H
#define HTTP_HANDLER_H

#include "http/server.h"

struct MHD_Daemon;
struct loop;
struct loop_options;

/*
 * Starts a libmicrohttpd daemon that has no listening socket and no thread. It
 * serves the connections that MHD_add_connection gives it, by the routes of
 * the listener's server, whenever the loop calls MHD_run. All of its callbacks
 * so run on the loop's thread. Of each new connection the daemon asks the loop
 * by loop_taken, and tells it the end by loop_leave. NULL: it did not start.
 * The loop must outlive it, and may be NULL for a daemon that is never run.
 */
struct MHD_Daemon *handler_start(
    const struct loop_options *options, struct loop *loop);

#endif
