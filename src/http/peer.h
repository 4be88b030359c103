#ifndef HTTP_PEER_H
#define HTTP_PEER_H

#include <sys/socket.h>

#include "core/ip.h"

/* The other end of a connection. */
struct peer {
	bool local;    /* a unix socket; there is no address then */
	bool loopback; /* 127.0.0.0/8 or ::1 */
	struct ip ip;
};

/* What accept gave. */
struct peer peer_of(const struct sockaddr_storage *address);

struct request;

/*
 * Whose request this is: the other end of the connection, or whom
 * X-Forwarded-For names when that is one of trusted_proxies or has come by a
 * unix socket. False: by a unix socket, and nobody is named. To be asked
 * before the request's headers are gone, at its log line at the latest.
 */
bool peer_client_find(const struct request *request, struct ip *ret_client);

#endif
