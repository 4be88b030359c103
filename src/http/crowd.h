#ifndef HTTP_CROWD_H
#define HTTP_CROWD_H

#include "core/ip.h"

/*
 * How many connections each IPv4 address or IPv6 /64 has. One entry for each
 * that has any, so it never holds more than there are connections; entering
 * and leaving take the same time however many there are. It has no lock: one
 * thread at a time.
 */
struct crowd;
struct crowd_entry;

/* Random, so that nobody can choose addresses that meet in one chain. */
struct crowd_key {
	uint64_t words[5];
};

/* For about `size` connections; more only take longer. NULL: no memory. */
struct crowd *crowd_open(size_t size, const struct crowd_key *key);
/* When everybody has left. */
void crowd_close(struct crowd *crowd);

/* One more of this address, to be given back by crowd_leave. NULL: it has
 * max already (0: any number), or there is no memory. */
struct crowd_entry *crowd_enter(
    struct crowd *crowd, const struct ip *ip, unsigned max);
void crowd_leave(struct crowd *crowd, struct crowd_entry *entry);

/* How many addresses have any. */
size_t crowd_count(const struct crowd *crowd);

#endif
