#ifndef HTTP_SOCKET_H
#define HTTP_SOCKET_H

#include "conf/conf.h"

/* Opens a listening socket, non-blocking; -1 with a sentence in wrong. A
 * stale unix socket is replaced, one that somebody serves is not. */
int socket_listen(
    const struct conf_listener *listener, char *wrong, size_t wrong_size);

/* Closes it and removes a unix socket's file. */
void socket_close(const struct conf_listener *listener, int fd);

/* "127.0.0.1:8363", "[::1]:8363" or "unix:/run/slotd.sock". */
void socket_name(const struct conf_listener *listener, struct buf *out);

/* How it is reached from here: "https://127.0.0.1:8363"; an address of "any"
 * by loopback, a unix socket as "http://localhost". */
void socket_url(const struct conf_listener *listener, struct buf *out);

#endif
