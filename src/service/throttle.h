#ifndef SERVICE_THROTTLE_H
#define SERVICE_THROTTLE_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/ip.h"

#define THROTTLE_MINUTE 60000000LL /* microseconds */
#define THROTTLE_SETS 256          /* a power of two */
#define THROTTLE_WAYS 4

/* How many lines may come at once. After that one subscriber may cause one line
 * a second, and all together five. */
struct throttle_burst {
	unsigned each;
	unsigned all;
};

/* A subscriber (an IPv4 address or IPv6 /64) that has caused lines. */
struct throttle_entry {
	struct ip ip;
	int64_t paid; /* clock_micros until which its lines use up its rate */
};

/*
 * Limits the log lines that strangers may cause, for each subscriber and in
 * all. Any thread may use it.
 */
struct throttle {
	struct throttle_burst burst;
	pthread_mutex_t lock;
	struct throttle_entry entries[THROTTLE_SETS][THROTTLE_WAYS];
	int64_t paid; /* likewise for all together */
	int64_t unsaid_since;
	_Atomic(uint64_t) unsaid; /* refused since throttle_unsaid reported */
	uint32_t seed;
};

/* seed is random, so that nobody can choose addresses of one set. */
void throttle_init(
    struct throttle *throttle, struct throttle_burst burst, uint32_t seed);
void throttle_done(struct throttle *throttle);

/* Whether one more line is allowed. now is as clock_micros. */
bool throttle_take(struct throttle *throttle, const struct ip *ip, int64_t now);

/* Returns how many lines were refused, and counts from 0 again. Returns 0 while
 * the first of them is less than a minute old, unless `end` is set. */
uint64_t throttle_unsaid(struct throttle *throttle, int64_t now, bool end);

#endif
