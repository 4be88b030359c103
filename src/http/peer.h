#ifndef HTTP_PEER_H
#define HTTP_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* The other end of a connection. */
struct peer {
	bool local;          /* a unix socket; there is no address then */
	bool loopback;       /* 127.0.0.0/8 or ::1 */
	uint8_t address[16]; /* IPv6; IPv4 as ::ffff:a.b.c.d */
};

/* What accept gave. */
struct peer peer_of(const struct sockaddr_storage *address);

#endif
