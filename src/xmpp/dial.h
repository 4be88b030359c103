#ifndef XMPP_DIAL_H
#define XMPP_DIAL_H

#include "core/buf.h"
#include "conf/conf.h"

/* Connects to an XMPP server. */

#define DIAL_HOST_MAX 256

/* Where a component's server is: a copy, which needs no configuration. */
struct dial {
	char host[DIAL_HOST_MAX]; /* or the path of a unix socket */
	bool is_unix;
	uint16_t port;
};

void dial_init(struct dial *dial, const struct conf_component *conf);
bool dial_equal(const struct dial *a, const struct dial *b);
/* Appends 127.0.0.1:5347, or the path. */
void dial_name(const struct dial *dial, struct buf *out);

/* The addresses of a host, to be freed with dial_free. May wait for the
 * resolver for a long time. NULL with a sentence in *ret_why. */
struct addrinfo *dial_resolve(const struct dial *dial, const char **ret_why);
void dial_free(struct addrinfo *addresses);

/*
 * Connects to one address after the other until `until` (clock_micros), each
 * with its share of the time, or until `wake` is readable (-1: nothing wakes
 * it). Gives a socket that does not
 * block, has TCP keep-alive and is closed on exec; -1 with a sentence in
 * *ret_why.
 */
int dial_connect(const struct addrinfo *addresses, int wake, int64_t until,
    const char **ret_why);

#endif
