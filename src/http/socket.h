#ifndef HTTP_SOCKET_H
#define HTTP_SOCKET_H

#include <sys/socket.h>
#include <sys/types.h>

#include "conf/conf.h"

/* Opens a listening socket, non-blocking; -1 with a sentence in wrong. A stale
 * unix socket is replaced; one that another process serves is not. */
int socket_listen(
    const struct conf_listener *listener, char *wrong, size_t wrong_size);

/* Identifies the file of a unix socket; zeros when there is none. */
struct socket_file {
	dev_t dev;
	ino_t ino;
};
struct socket_file socket_file(const struct conf_listener *listener);

/*
 * Stops new connections: they get no answer, so that their clients try again,
 * until the socket is closed and they are refused. Connections in the kernel's
 * queue stay there, and handshakes that are under way still end in it; close()
 * alone would reset all of them. The file of a unix socket is removed if it is
 * still the given one.
 */
void socket_leave(
    const struct conf_listener *listener, int fd, struct socket_file file);

/* Whether a listening socket has the address of this listener. */
bool socket_listens(int fd, const struct conf_listener *listener);

/* Whether a listening socket can be reached from this machine only. */
bool socket_near(int fd);

/* The other end of a connection. */
struct peer {
	bool local;    /* a unix socket; there is no address then */
	bool loopback; /* 127.0.0.0/8 or ::1 */
	struct ip ip;
};

/* The peer whose address accept4 gave. */
struct peer socket_peer(const struct sockaddr_storage *address);

/* Writes "127.0.0.1:8363", "[::1]:8363" or "unix:/run/slotd.sock". */
void socket_name(const struct conf_listener *listener, struct buf *out);

/* Writes the URL by which this machine reaches a listener, such as
 * "https://127.0.0.1:8363". The address 0.0.0.0 becomes 127.0.0.1, "::" becomes
 * localhost (both of whose addresses are tried), a unix socket becomes
 * "http://localhost". */
void socket_url(const struct conf_listener *listener, struct buf *out);

#endif
