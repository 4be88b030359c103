#ifndef HTTP_THROTTLE_H
#define HTTP_THROTTLE_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/ip.h"

#define THROTTLE_MINUTE 60000000LL /* microseconds */
#define THROTTLE_EACH 60           /* a minute, of one subscriber */
#define THROTTLE_ALL 600           /* a minute, of all */
#define THROTTLE_SETS 256          /* a power of two */
#define THROTTLE_WAYS 4

/* How much of a minute one subscriber has used. */
struct throttle_entry {
	struct ip ip;
	int64_t began; /* world_micros; 0: nobody's */
	unsigned count;
};

/*
 * How many lines strangers may cause: so many a minute for each IPv4 address
 * or IPv6 /64, and so many in all. Safe in any number of threads.
 */
struct throttle {
	pthread_mutex_t lock;
	struct throttle_entry entries[THROTTLE_SETS][THROTTLE_WAYS];
	int64_t began; /* of the minute of all */
	unsigned count;
	int64_t unsaid_since;
	_Atomic(uint64_t) unsaid; /* refused since it was last said */
	uint32_t seed;
};

/* seed is random: nobody can choose who shares a set. */
void throttle_init(struct throttle *throttle, uint32_t seed);
void throttle_done(struct throttle *throttle);

/* Whether one more line is allowed; now as world_micros. */
bool throttle_take(struct throttle *throttle, const struct ip *ip, int64_t now);

/* How many were refused, once a minute has gone since the first of them, or
 * at once if it is the end: to be said. 0: nothing to say. */
uint64_t throttle_unsaid(struct throttle *throttle, int64_t now, bool end);

#endif
