#include "quota/memory_private.h"

#include <stdlib.h>
#include <string.h>

bool shard_open(struct shard *shard, uint32_t size)
{
	pthread_mutex_init(&shard->lock, NULL);
	shard->size = size;
	shard->free = NOBODY;
	for (enum list list = 0; list < LISTS; list++)
		shard->oldest[list] = shard->newest[list] = NOBODY;
	shard->entries = calloc(size, sizeof *shard->entries);
	shard->heads = malloc(size * sizeof *shard->heads);
	if (!shard->entries || !shard->heads)
		return false;
	memset(shard->heads, 0xff, size * sizeof *shard->heads);
	return true;
}

void shard_close(struct shard *shard)
{
	pthread_mutex_destroy(&shard->lock);
	free(shard->entries);
	free(shard->heads);
}

/* Its first bytes chose the shard. */
static uint32_t *head_of(struct shard *shard, const uint8_t *print)
{
	uint32_t hash;

	memcpy(&hash, print + sizeof hash, sizeof hash);
	return &shard->heads[hash % shard->size];
}

struct shard *shard_of(struct memory *memory, const uint8_t *print)
{
	uint32_t hash;

	memcpy(&hash, print, sizeof hash);
	return &memory->shards[hash % memory->shard_count];
}

struct entry *shard_find(struct shard *shard, const uint8_t *print)
{
	uint32_t at = *head_of(shard, print);

	while (at != NOBODY &&
	       memcmp(shard->entries[at].print, print, PRINT_SIZE) != 0)
		at = shard->entries[at].next;
	return at == NOBODY ? NULL : &shard->entries[at];
}

static uint32_t number_of(const struct shard *shard, const struct entry *entry)
{
	return (uint32_t)(entry - shard->entries);
}

static void unlist(struct shard *shard, struct entry *entry)
{
	uint16_t list = entry->windows.mark;

	if (entry->older == NOBODY)
		shard->oldest[list] = entry->newer;
	else
		shard->entries[entry->older].newer = entry->newer;
	if (entry->newer == NOBODY)
		shard->newest[list] = entry->older;
	else
		shard->entries[entry->newer].older = entry->older;
}

static void enlist(struct shard *shard, struct entry *entry, enum list list)
{
	uint32_t number = number_of(shard, entry);

	entry->windows.mark = (uint16_t)list;
	entry->newer = NOBODY;
	entry->older = shard->newest[list];
	if (entry->older == NOBODY)
		shard->oldest[list] = number;
	else
		shard->entries[entry->older].newer = number;
	shard->newest[list] = number;
}

void shard_remove(struct shard *shard, struct entry *entry)
{
	uint32_t number = number_of(shard, entry);
	uint32_t *at = head_of(shard, entry->print);

	unlist(shard, entry);
	while (*at != number)
		at = &shard->entries[*at].next;
	*at = entry->next;
	entry->next = shard->free;
	shard->free = number;
	shard->count--;
}

/* Drops who has been quiet longest. False: nobody is quiet. */
static bool drop_one(struct shard *shard, int64_t now)
{
	struct entry *found = NULL;

	for (enum list list = 0; list < LISTS; list++) {
		struct entry *entry;

		if (shard->oldest[list] == NOBODY)
			continue;
		entry = &shard->entries[shard->oldest[list]];
		if (!windows_next(&entry->windows, now) &&
		    (!found || entry->windows.newest < found->windows.newest))
			found = entry;
	}
	if (found)
		shard_remove(shard, found);
	return found != NULL;
}

struct entry *shard_add(struct shard *shard, const uint8_t *print, int64_t now)
{
	struct entry *entry;
	uint32_t number, *head = head_of(shard, print);

	/* For each that comes up to two go: the table holds those who
	 * count, and few others. */
	if (drop_one(shard, now))
		drop_one(shard, now);
	if (shard->free == NOBODY && shard->used == shard->size)
		return NULL;
	number = shard->free;
	if (number == NOBODY)
		number = shard->used++;
	else
		shard->free = shard->entries[number].next;
	entry = &shard->entries[number];
	memset(entry, 0, sizeof *entry);
	memcpy(entry->print, print, PRINT_SIZE);
	entry->next = *head;
	*head = number;
	shard->count++;
	enlist(shard, entry, LIST_MINUTE);
	return entry;
}

void shard_touch(struct shard *shard, struct entry *entry, int64_t now)
{
	if (!windows_next(&entry->windows, now)) {
		shard_remove(shard, entry);
		return;
	}
	unlist(shard, entry);
	enlist(shard, entry,
	    windows_used(&entry->windows, WINDOW_DAY, now) ? LIST_DAY
							   : LIST_MINUTE);
}
