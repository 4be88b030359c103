#ifndef HTTP_CROWD_H
#define HTTP_CROWD_H

#include "core/ip.h"

/*
 * How many connections each IPv4 address or IPv6 /64 has, and each IPv6 /56
 * and /48 around it, which one subscriber may have as well. The entries are of
 * those that have any, so there never are more than three for a connection;
 * entering and leaving take the same time however many there are. It has no
 * lock: one thread at a time.
 */
struct crowd;
struct crowd_entry;

/* Random, so that nobody can choose addresses that meet in one chain. */
struct crowd_key {
	uint64_t words[6];
};

/* For about `size` connections; more only take longer. NULL: no memory. */
struct crowd *crowd_open(size_t size, const struct crowd_key *key);
/* When everybody has left. */
void crowd_close(struct crowd *crowd);

/* What larger IPv6 networks may have: as many times `max`. */
#define CROWD_SHARE_56 4
#define CROWD_SHARE_48 16

/*
 * One more of this address, to be given back by crowd_leave. NULL: it has max
 * already, or its networks have their shares, or there is no memory. max 0:
 * any number, which its /56 and /48 do not notice.
 */
struct crowd_entry *crowd_enter(
    struct crowd *crowd, const struct ip *ip, unsigned max);
void crowd_leave(struct crowd *crowd, struct crowd_entry *entry);

/* How many addresses have any. */
size_t crowd_count(const struct crowd *crowd);

#endif
