#ifndef HTTP_HANDLER_H
#define HTTP_HANDLER_H

#include "http/server.h"

struct MHD_Daemon;
struct loop;
struct loop_options;

/*
 * A libmicrohttpd daemon without a listening socket, that serves what is
 * given to MHD_add_connection through our routes, whenever MHD_run is called.
 * NULL: it did not start. listener must outlive it. The loop is asked for each
 * connection by loop_took.
 */
struct MHD_Daemon *handler_start(const struct listener *listener,
    const struct loop_options *options, struct loop *loop);

#endif
