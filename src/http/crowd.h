#ifndef HTTP_CROWD_H
#define HTTP_CROWD_H

#include "core/ip.h"

/*
 * Counts the connections of each IPv4 address and each IPv6 /64, and those of
 * each /56 and /48 around it, since one subscriber may have such a network.
 * Only addresses with connections have entries, so there are three for each
 * connection at the most. Entering and leaving take the same time however many
 * there are. It has no lock: the caller makes sure that one thread at a time
 * uses it.
 */
struct crowd;
struct crowd_entry;

/* Random, so that nobody can choose addresses that share a hash chain. */
struct crowd_key {
	uint64_t words[6];
};

/* Made for about `size` connections; it is slower with more. NULL: there is no
 * memory. */
struct crowd *crowd_open(size_t size, const struct crowd_key *key);
/* To be called when no entry is left. NULL is allowed. */
void crowd_close(struct crowd *crowd);

/* The limits of larger IPv6 networks, as multiples of `max`. */
#define CROWD_SHARE_56 4
#define CROWD_SHARE_48 16

/*
 * Counts one more connection of this address, until crowd_leave. NULL: the
 * address or one of its networks has reached its limit, or there is no memory.
 * With max 0 there is no limit, and the /56 and /48 do not count it.
 */
struct crowd_entry *crowd_enter(
    struct crowd *crowd, const struct ip *ip, unsigned max);
void crowd_leave(struct crowd *crowd, struct crowd_entry *entry);

/* How many addresses have connections. */
size_t crowd_count(const struct crowd *crowd);

#endif
