#ifndef SERVICE_THROTTLE_H
#define SERVICE_THROTTLE_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/ip.h"

#define THROTTLE_MINUTE 60000000LL /* microseconds */
#define THROTTLE_SETS 256          /* a power of two */
#define THROTTLE_WAYS 4

/* How many lines at once, before there is one a second for each subscriber
 * and five in all. */
struct throttle_burst {
	unsigned each;
	unsigned all;
};

/* A subscriber who has caused lines. */
struct throttle_entry {
	struct ip ip;
	int64_t paid; /* clock_micros: when all of them are paid for */
};

/*
 * How many lines strangers may cause: so many for each IPv4 address or IPv6
 * /64, and so many in all. Safe in any number of threads.
 */
struct throttle {
	struct throttle_burst burst;
	pthread_mutex_t lock;
	struct throttle_entry entries[THROTTLE_SETS][THROTTLE_WAYS];
	int64_t paid; /* likewise, of all */
	int64_t unsaid_since;
	_Atomic(uint64_t) unsaid; /* refused since it was last said */
	uint32_t seed;
};

/* seed is random: nobody can choose who shares a set. */
void throttle_init(
    struct throttle *throttle, struct throttle_burst burst, uint32_t seed);
void throttle_done(struct throttle *throttle);

/* Whether one more line is allowed; now as clock_micros. */
bool throttle_take(struct throttle *throttle, const struct ip *ip, int64_t now);

/* How many were refused, once a minute has gone since the first of them, or
 * at once if it is the end: to be said. 0: nothing to say. */
uint64_t throttle_unsaid(struct throttle *throttle, int64_t now, bool end);

#endif
