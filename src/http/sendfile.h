#ifndef HTTP_SENDFILE_H
#define HTTP_SENDFILE_H

#include <stdbool.h>

struct request;

/*
 * libmicrohttpd sends a file by sendfile(2) and asks nobody before, although
 * that waits for the disk where the file is not in memory. So this program has
 * a sendfile of its own, which libmicrohttpd uses too, and which asks the
 * request first (reply_file in reply.h). Without TLS only.
 *
 * Any thread may call these.
 */

/* To be called before there are requests. fds: how many descriptors may be
 * open. False: there is no memory. */
bool sendfile_start(int fds);

/* From now on request->ready is asked before bytes of this file are sent. */
void sendfile_ask(struct request *request, int fd);

/* Ends that, also when the descriptor was closed meanwhile. */
void sendfile_forget(const struct request *request);

#endif
