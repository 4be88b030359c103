#ifndef HTTP_EOF_H
#define HTTP_EOF_H

#include <stdbool.h>

/*
 * A client may close its sending side and wait for the answer (nc -N,
 * shutdown(SHUT_WR)). When a request is resumed, libmicrohttpd first reads from
 * the socket, takes this half close for the end of the connection, and closes
 * it without an answer. So the half close is hidden while a request is
 * suspended: this program has a recv of its own, which its libraries use too,
 * and which reports EAGAIN instead of the end for hidden sockets.
 *
 * Any thread may call these; the socket must stay open from eof_hide to
 * eof_show.
 */

/* From now on the half close of this socket is hidden. */
void eof_hide(int fd);

/* Ends that. True when a half close was hidden: the next answer should then
 * close the connection, because epoll does not report the end again. */
bool eof_show(int fd);

#endif
