#include "quota/memory_private.h"

#include <stdlib.h>
#include <string.h>

static uint32_t number_of(const struct table *table, const struct entry *entry)
{
	return (uint32_t)(entry - table->entries);
}

/* Where a list begins and ends: before its oldest, after its newest. */
static struct entry *end_of(struct table *table, enum list list)
{
	return &table->entries[list];
}

static void begin(struct table *table)
{
	table->used = LISTS;
	table->count = 0;
	table->free = NOBODY;
	for (enum list list = 0; list < LISTS; list++) {
		struct entry *end = end_of(table, list);

		end->older = end->newer = number_of(table, end);
	}
}

void table_clear(struct table *table)
{
	memset(table->heads, 0, table->size * sizeof *table->heads);
	begin(table);
}

bool table_open(struct table *table, uint32_t size)
{
	table->size = size;
	table->entries = calloc((size_t)size + LISTS, sizeof *table->entries);
	table->heads = calloc(size, sizeof *table->heads);
	if (!table->entries || !table->heads)
		return false;
	begin(table);
	return true;
}

void table_close(struct table *table)
{
	free(table->entries);
	free(table->heads);
}

static uint32_t *head_of(struct table *table, const uint8_t *print)
{
	uint32_t hash;

	memcpy(&hash, print, sizeof hash);
	return &table->heads[hash % table->size];
}

struct entry *table_find(struct table *table, const uint8_t *print)
{
	uint32_t at = *head_of(table, print);

	while (at != NOBODY &&
	       memcmp(table->entries[at].print, print, PRINT_SIZE) != 0)
		at = table->entries[at].next;
	return at == NOBODY ? NULL : &table->entries[at];
}

static void unlist(struct table *table, struct entry *entry)
{
	table->entries[entry->older].newer = entry->newer;
	table->entries[entry->newer].older = entry->older;
}

/* As its newest. */
static void enlist(struct table *table, struct entry *entry, enum list list)
{
	struct entry *end = end_of(table, list);

	entry->windows.mark = (uint16_t)list;
	entry->newer = number_of(table, end);
	entry->older = end->older;
	table->entries[entry->older].newer = number_of(table, entry);
	end->older = number_of(table, entry);
}

void table_remove(struct table *table, struct entry *entry)
{
	uint32_t number = number_of(table, entry);
	uint32_t *at = head_of(table, entry->print);

	unlist(table, entry);
	while (*at != number)
		at = &table->entries[*at].next;
	*at = entry->next;
	memset(&entry->windows, 0, sizeof entry->windows);
	entry->next = table->free;
	table->free = number;
	table->count--;
}

/* Drops the oldest user without current usage. False: there is none. */
static bool drop_one(struct table *table, int64_t now)
{
	struct entry *found = NULL;

	for (enum list list = 0; list < LISTS; list++) {
		struct entry *end = end_of(table, list);
		struct entry *entry = &table->entries[end->newer];

		if (entry != end && !windows_next(&entry->windows, now) &&
		    (!found || entry->windows.newest < found->windows.newest))
			found = entry;
	}
	if (found)
		table_remove(table, found);
	return found != NULL;
}

struct entry *table_add(struct table *table, const uint8_t *print, int64_t now)
{
	struct entry *entry;
	uint32_t number, *head = head_of(table, print);

	/* Up to two are dropped for each one that is added, so few users
	 * without usage stay. */
	if (drop_one(table, now))
		drop_one(table, now);
	if (table->free == NOBODY && table->used == table->size + LISTS)
		return NULL;
	number = table->free;
	if (number == NOBODY)
		number = table->used++;
	else
		table->free = table->entries[number].next;
	entry = &table->entries[number];
	memset(entry, 0, sizeof *entry);
	memcpy(entry->print, print, PRINT_SIZE);
	entry->next = *head;
	*head = number;
	table->count++;
	enlist(table, entry, LIST_MINUTE);
	return entry;
}

/* The lists keep their order: all that was ahead of now is at now. */
void table_set_back(struct table *table, int64_t now)
{
	for (uint32_t i = LISTS; i < table->used; i++)
		windows_set_back(&table->entries[i].windows, now);
}

void table_touch(struct table *table, struct entry *entry, int64_t now)
{
	if (!windows_next(&entry->windows, now)) {
		table_remove(table, entry);
		return;
	}
	unlist(table, entry);
	enlist(table, entry,
	    windows_used(&entry->windows, WINDOW_DAY, now) ? LIST_DAY
							   : LIST_MINUTE);
}
