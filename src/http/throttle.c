#include "http/throttle.h"

#include <string.h>

void throttle_init(struct throttle *throttle, uint32_t seed)
{
	memset(throttle, 0, sizeof *throttle);
	pthread_mutex_init(&throttle->lock, NULL);
	throttle->seed = seed;
}

void throttle_done(struct throttle *throttle)
{
	pthread_mutex_destroy(&throttle->lock);
}

/* The subscriber's entry, or the one of its set that is longest unused. */
static struct throttle_entry *find(
    struct throttle *throttle, const struct ip *ip)
{
	uint32_t hash = throttle->seed;
	struct throttle_entry *set, *oldest;

	for (size_t i = 0; i < sizeof ip->bytes; i++)
		hash = (hash ^ ip->bytes[i]) * 16777619;
	hash ^= hash >> 16;
	set = throttle->entries[hash % THROTTLE_SETS];
	oldest = set;
	for (unsigned i = 0; i < THROTTLE_WAYS; i++) {
		if (set[i].began && memcmp(&set[i].ip, ip, sizeof *ip) == 0)
			return &set[i];
		if (set[i].began < oldest->began)
			oldest = &set[i];
	}
	*oldest = (struct throttle_entry){ .ip = *ip };
	return oldest;
}

static bool take(struct throttle *throttle, const struct ip *ip, int64_t now)
{
	struct throttle_entry *entry = find(throttle, ip);

	if (!entry->began || now - entry->began >= THROTTLE_MINUTE) {
		entry->began = now;
		entry->count = 0;
	}
	if (!throttle->began || now - throttle->began >= THROTTLE_MINUTE) {
		throttle->began = now;
		throttle->count = 0;
	}
	if (entry->count >= THROTTLE_EACH || throttle->count >= THROTTLE_ALL)
		return false;
	entry->count++;
	throttle->count++;
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
