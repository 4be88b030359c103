#include "http/crowd.h"

#include <stdlib.h>
#include <string.h>

struct crowd_entry {
	struct crowd_entry *next;
	struct crowd_entry **at; /* what points to it */
	struct ip subscriber;
	unsigned count;
};

struct crowd {
	struct crowd_key key;
	size_t count;
	size_t mask;
	struct crowd_entry *chains[];
};

#define CHAINS_MIN 64
#define CHAINS_MAX (1 << 20)

struct crowd *crowd_open(size_t size, const struct crowd_key *key)
{
	size_t chains = CHAINS_MIN;
	struct crowd *crowd;

	while (chains < size && chains < CHAINS_MAX)
		chains *= 2;
	/* Memory is touched only as far as it is used. */
	crowd =
	    calloc(1, sizeof *crowd + chains * sizeof(struct crowd_entry *));
	if (!crowd)
		return NULL;
	crowd->key = *key;
	crowd->mask = chains - 1;
	return crowd;
}

void crowd_close(struct crowd *crowd)
{
	free(crowd);
}

/* Multilinear hashing: whoever does not know the key finds no two addresses
 * that meet more often than by chance. The low half of the sum is weaker and
 * left out. */
static struct crowd_entry **chain_of(
    struct crowd *crowd, const struct ip *subscriber)
{
	uint64_t sum = crowd->key.words[4];
	uint32_t word;

	for (unsigned i = 0; i < 4; i++) {
		memcpy(&word, subscriber->bytes + 4 * i, sizeof word);
		sum += crowd->key.words[i] * word;
	}
	return &crowd->chains[(sum >> 32) & crowd->mask];
}

static struct crowd_entry *add(struct crowd *crowd, struct crowd_entry **chain,
    const struct ip *subscriber)
{
	struct crowd_entry *entry = calloc(1, sizeof *entry);

	if (!entry)
		return NULL;
	entry->subscriber = *subscriber;
	entry->next = *chain;
	entry->at = chain;
	if (entry->next)
		entry->next->at = &entry->next;
	*chain = entry;
	crowd->count++;
	return entry;
}

struct crowd_entry *crowd_enter(
    struct crowd *crowd, const struct ip *ip, unsigned max)
{
	const struct ip subscriber = ip_subscriber(ip);
	struct crowd_entry **chain = chain_of(crowd, &subscriber);
	struct crowd_entry *entry = *chain;

	while (entry &&
	       memcmp(&entry->subscriber, &subscriber, sizeof subscriber) != 0)
		entry = entry->next;
	if (!entry)
		entry = add(crowd, chain, &subscriber);
	if (!entry || (max && entry->count >= max))
		return NULL;
	entry->count++;
	return entry;
}

void crowd_leave(struct crowd *crowd, struct crowd_entry *entry)
{
	if (--entry->count)
		return;
	*entry->at = entry->next;
	if (entry->next)
		entry->next->at = entry->at;
	free(entry);
	crowd->count--;
}

size_t crowd_count(const struct crowd *crowd)
{
	return crowd->count;
}
