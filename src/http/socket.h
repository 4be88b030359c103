#ifndef HTTP_SOCKET_H
#define HTTP_SOCKET_H

#include <sys/types.h>

#include "conf/conf.h"

/* Opens a listening socket, non-blocking; -1 with a sentence in wrong. A
 * stale unix socket is replaced, one that somebody serves is not. */
int socket_listen(
    const struct conf_listener *listener, char *wrong, size_t wrong_size);

/* Which file a unix socket is; zeros: it is none. */
struct socket_file {
	dev_t dev;
	ino_t ino;
};
struct socket_file socket_file(const struct conf_listener *listener);

/*
 * Lets nobody else come: new connections are not answered, so that their
 * clients try again, until the socket is closed and they are refused. Who is
 * in the queue already stays, and who is half way into it gets there.
 * (close alone resets the whole queue.) A unix socket's file is removed, if
 * it still is this one.
 */
void socket_leave(
    const struct conf_listener *listener, int fd, struct socket_file file);

/* Whether a listening socket is where this listener would be. */
bool socket_listens(int fd, const struct conf_listener *listener);

/* Whether a listening socket is only for this machine. */
bool socket_near(int fd);

/* "127.0.0.1:8363", "[::1]:8363" or "unix:/run/slotd.sock". */
void socket_name(const struct conf_listener *listener, struct buf *out);

/* How it is reached from here: "https://127.0.0.1:8363"; an address of "any"
 * by loopback ("::" as "localhost", whose addresses are both tried), a unix
 * socket as "http://localhost". */
void socket_url(const struct conf_listener *listener, struct buf *out);

#endif
