#ifndef CORE_FORWARDED_H
#define CORE_FORWARDED_H

#include "core/ip.h"

/*
 * X-Forwarded-For. Each proxy appends the address that its request came from,
 * so only the entries of trusted proxies count: read from the right, the first
 * address that is not a trusted proxy's is the client's. An entry that is not
 * an address ends the search; the one to its right counts then.
 */
struct forwarded {
	struct ip_nets trusted;
	bool known; /* else the address of the peer counts */
	struct ip client;
};

/* Reads one such header line; call it for each, in the order of the request.
 * Ports and brackets ("192.0.2.1:80", "[2001:db8::1]:80") are dropped. */
void forwarded_add(struct forwarded *forwarded, struct span value);

#endif
