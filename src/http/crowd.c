#include "http/crowd.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

struct crowd_entry {
	LIST_ENTRY(crowd_entry) links;
	struct crowd_entry *around; /* the larger network; NULL: none */
	struct ip ip;
	unsigned bits; /* of ip; 0: an address without a limit */
	unsigned count;
};

/* From the largest network on. */
static const struct level {
	unsigned bits;
	unsigned share; /* times `max` */
} six[] = { { 48, CROWD_SHARE_48 }, { 56, CROWD_SHARE_56 }, { 64, 1 } },
  four[] = { { 128, 1 } };
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define NO_LIMIT 0

struct crowd {
	struct crowd_key key;
	size_t count;
	size_t mask;
	LIST_HEAD(chain, crowd_entry) chains[];
};

#define CHAINS_MIN 64
#define CHAINS_MAX (1 << 20)

struct crowd *crowd_open(size_t size, const struct crowd_key *key)
{
	size_t chains = CHAINS_MIN;
	struct crowd *crowd;

	while (chains < size && chains < CHAINS_MAX)
		chains *= 2;
	/* Unused pages of it take no memory. */
	crowd = calloc(1, sizeof *crowd + chains * sizeof(struct chain));
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

/* Multilinear hashing: without the key nobody can find networks that share a
 * chain more often than by chance. The low half of the sum is weaker, and not
 * used. */
static struct chain *chain_of(
    struct crowd *crowd, const struct ip *ip, unsigned bits)
{
	uint64_t sum = crowd->key.words[4] + crowd->key.words[5] * bits;
	uint32_t word;

	for (unsigned i = 0; i < 4; i++) {
		memcpy(&word, ip->bytes + 4 * i, sizeof word);
		sum += crowd->key.words[i] * word;
	}
	return &crowd->chains[(sum >> 32) & crowd->mask];
}

static struct crowd_entry *find(
    struct crowd *crowd, const struct ip *ip, unsigned bits)
{
	struct crowd_entry *entry = LIST_FIRST(chain_of(crowd, ip, bits));

	while (entry &&
	       (entry->bits != bits || memcmp(&entry->ip, ip, sizeof *ip) != 0))
		entry = LIST_NEXT(entry, links);
	return entry;
}

static struct crowd_entry *find_or_add(struct crowd *crowd, const struct ip *ip,
    unsigned bits, struct crowd_entry *around)
{
	struct crowd_entry *entry = find(crowd, ip, bits);

	if (entry)
		return entry;
	entry = calloc(1, sizeof *entry);
	if (!entry)
		return NULL;
	entry->around = around;
	entry->ip = *ip;
	entry->bits = bits;
	LIST_INSERT_HEAD(chain_of(crowd, ip, bits), entry, links);
	return entry;
}

/* Removes entries that count nothing, from the smallest network on. */
static void remove_empty(struct crowd_entry *entry)
{
	while (entry && !entry->count) {
		struct crowd_entry *around = entry->around;

		LIST_REMOVE(entry, links);
		free(entry);
		entry = around;
	}
}

/* The entry of the smallest network, linked to those of the larger ones. NULL
 * when one of them is full; nothing has changed then. */
static struct crowd_entry *find_room(struct crowd *crowd, const struct ip *ip,
    const struct level *levels, size_t count, unsigned max)
{
	struct crowd_entry *entry = NULL, *inner;

	for (size_t i = 0; i < count; i++) {
		const struct ip net = ip_first(ip, levels[i].bits);
		/* Connections that came while there was no limit. */
		const struct crowd_entry *unlimited =
		    i == count - 1 ? find(crowd, &net, NO_LIMIT) : NULL;
		const unsigned beside = unlimited ? unlimited->count : 0;

		inner = find_or_add(crowd, &net, levels[i].bits, entry);
		if (inner)
			entry = inner;
		if (inner && inner->count + beside < max * levels[i].share)
			continue;
		remove_empty(entry);
		return NULL;
	}
	return entry;
}

struct crowd_entry *crowd_enter(
    struct crowd *crowd, const struct ip *ip, unsigned max)
{
	const struct ip subscriber = ip_subscriber(ip);
	struct crowd_entry *entry;

	if (!max)
		/* A trusted proxy does not use up its network's limit. */
		entry = find_or_add(crowd, &subscriber, NO_LIMIT, NULL);
	else if (ip_is_v4(ip))
		entry = find_room(crowd, ip, four, COUNT_OF(four), max);
	else
		entry = find_room(crowd, ip, six, COUNT_OF(six), max);
	if (entry && entry->count == 0)
		crowd->count++;
	for (struct crowd_entry *one = entry; one; one = one->around)
		one->count++;
	return entry;
}

void crowd_leave(struct crowd *crowd, struct crowd_entry *entry)
{
	for (struct crowd_entry *one = entry->around; one; one = one->around)
		one->count--;
	if (--entry->count == 0)
		crowd->count--;
	remove_empty(entry);
}

size_t crowd_count(const struct crowd *crowd)
{
	return crowd->count;
}
