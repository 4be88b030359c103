#ifndef QUOTA_MEMORY_PRIVATE_H
#define QUOTA_MEMORY_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "quota/memory.h"
#include "quota/windows.h"

/* In a chain: the number of an end of a list, which is in none. It is 0, so
 * that new heads are empty before they are touched. */
#define NOBODY 0
#define PRINT_SIZE 12
#define SEED_SIZE 16

/*
 * A user, or a whole domain: 12 + 12 + 100 = 124 bytes. With its share of the
 * index, 4 bytes of `heads`, that makes 128.
 */
struct entry {
	uint8_t print[PRINT_SIZE]; /* hash of seed and name */
	uint32_t next;             /* with the same head, or free */
	uint32_t older;
	uint32_t newer;
	struct windows windows; /* mark: the list that it is in */
};
_Static_assert(sizeof(struct entry) + sizeof(uint32_t) <= 128,
    "at most 128 bytes a user, index included");

/* Users in the order of their last grants. Those without bytes count for a
 * minute only, so they have a list of their own: in each list the oldest is the
 * first to stop counting. */
enum list { LIST_MINUTE, LIST_DAY, LISTS };

struct table {
	struct entry *entries; /* an end of each list, and size */
	uint32_t *heads;       /* size */
	uint32_t size;
	uint32_t used; /* of entries: LISTS, and those ever taken */
	uint32_t free; /* chain of removed entries; their windows are empty */
	uint32_t count;
};

/* One table under one lock, so any user can have any of max_users places. The
 * lock is held for less than a microsecond, except when the clock was set
 * back. */
struct quota_memory {
	struct quota quota;
	struct quota_memory_config config;
	atomic_bool changed; /* since the last save */
	pthread_mutex_t saving;
	pthread_mutex_t lock;
	int64_t latest; /* time of a call; goes back with the clock */
	struct table table;
};

/* All of these are called under the lock. */
struct entry *table_find(struct table *table, const uint8_t *print);
/* A new, empty entry, the newest of its list. NULL: the table is full, and
 * something counts of everybody. */
struct entry *table_add(struct table *table, const uint8_t *print, int64_t now);
/* To be called when its windows have changed: makes it the newest of its list,
 * or removes it when nothing counts. */
void table_touch(struct table *table, struct entry *entry, int64_t now);
void table_remove(struct table *table, struct entry *entry);
/* To be called when the clock was set back: no entry stays ahead of it. Goes
 * through the whole table. */
void table_set_back(struct table *table, int64_t now);

bool table_open(struct table *table, uint32_t size);
void table_clear(struct table *table);
void table_close(struct table *table);

/* memory_file.c. False with errno. */
bool memory_save(struct quota_memory *memory, int64_t now);
/* ret_said: a sentence when the file cannot be used, else untouched. */
void memory_load(
    struct quota_memory *memory, int64_t now, char *ret_said, size_t said_size);

#endif
