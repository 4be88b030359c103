#ifndef CORE_FORWARDED_H
#define CORE_FORWARDED_H

#include "core/ip.h"

/*
 * X-Forwarded-For. Each proxy appends the address that it was asked from, so
 * only what trusted proxies wrote counts: from the right, over the addresses
 * of such, the first that is not one is the client's. What is no address ends
 * the way there, and the last before it counts.
 */
struct forwarded {
	struct ip_nets trusted;
	bool known; /* there is such an address; else the peer's own counts */
	struct ip client;
};

/* One such header line; the others as they stand in the request. Ports and
 * brackets ("192.0.2.1:80", "[2001:db8::1]:80") are passed over. */
void forwarded_add(struct forwarded *forwarded, struct span value);

#endif
