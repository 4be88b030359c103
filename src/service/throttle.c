#include "service/throttle.h"

#include <string.h>

/* Microseconds of the rate that one line uses up. */
#define COST_EACH 1000000
#define COST_ALL 200000

void throttle_init(
    struct throttle *throttle, struct throttle_burst burst, uint32_t seed)
{
	memset(throttle, 0, sizeof *throttle);
	throttle->burst = burst;
	pthread_mutex_init(&throttle->lock, NULL);
	throttle->seed = seed;
}

void throttle_done(struct throttle *throttle)
{
	pthread_mutex_destroy(&throttle->lock);
}

/* The subscriber's entry. If there is none, it replaces the oldest of its
 * set. */
static struct throttle_entry *find(
    struct throttle *throttle, const struct ip *ip)
{
	const struct span bytes = { (const char *)ip->bytes, sizeof ip->bytes };
	uint32_t hash = span_hash(throttle->seed, bytes);
	struct throttle_entry *set, *oldest;

	hash ^= hash >> 16;
	set = throttle->entries[hash % THROTTLE_SETS];
	oldest = set;
	for (unsigned i = 0; i < THROTTLE_WAYS; i++) {
		if (set[i].paid && memcmp(&set[i].ip, ip, sizeof *ip) == 0)
			return &set[i];
		if (set[i].paid < oldest->paid)
			oldest = &set[i];
	}
	*oldest = (struct throttle_entry){ .ip = *ip };
	return oldest;
}

/* Whether one more line is within the burst. */
static bool fits(int64_t *paid, int64_t now, int64_t cost, unsigned burst)
{
	if (*paid < now)
		*paid = now;
	return *paid + cost - now <= cost * burst;
}

static bool take(struct throttle *throttle, const struct ip *ip, int64_t now)
{
	struct throttle_entry *entry = find(throttle, ip);

	if (!fits(&entry->paid, now, COST_EACH, throttle->burst.each) ||
	    !fits(&throttle->paid, now, COST_ALL, throttle->burst.all))
		return false;
	entry->paid += COST_EACH;
	throttle->paid += COST_ALL;
	return true;
}

bool throttle_take(struct throttle *throttle, const struct ip *ip, int64_t now)
{
	const struct ip subscriber = ip_subscriber(ip);
	bool taken;

	pthread_mutex_lock(&throttle->lock);
	taken = take(throttle, &subscriber, now);
	if (!taken && atomic_fetch_add(&throttle->unsaid, 1) == 0)
		throttle->unsaid_since = now;
	pthread_mutex_unlock(&throttle->lock);
	return taken;
}

uint64_t throttle_unsaid(struct throttle *throttle, int64_t now, bool end)
{
	uint64_t unsaid = 0;

	if (!atomic_load(&throttle->unsaid))
		return 0;
	pthread_mutex_lock(&throttle->lock);
	if (end || now - throttle->unsaid_since >= THROTTLE_MINUTE)
		unsaid = atomic_exchange(&throttle->unsaid, 0);
	pthread_mutex_unlock(&throttle->lock);
	return unsaid;
}
