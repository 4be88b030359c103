#ifndef QUOTA_MEMORY_PRIVATE_H
#define QUOTA_MEMORY_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "quota/memory.h"
#include "quota/windows.h"

#define NOBODY UINT32_MAX
#define PRINT_SIZE 12
#define SEED_SIZE 16

/*
 * A user, or a domain as a whole: 12 + 12 + 100 = 124 bytes. With its share
 * of the index, 4 bytes of `heads`, that makes 128.
 */
struct entry {
	uint8_t print[PRINT_SIZE]; /* keyed: nobody can choose it */
	uint32_t next;             /* of the same head; or of the free ones */
	uint32_t older;
	uint32_t newer;
	struct windows windows; /* mark: the list that it is in */
};
_Static_assert(sizeof(struct entry) + sizeof(uint32_t) <= 128,
    "at most 128 bytes a user, index included");

/* Users by their last grant. Those without bytes are quiet after a minute,
 * so they have a list of their own: the oldest of one is its first to be
 * quiet. */
enum list { LIST_MINUTE, LIST_DAY, LISTS };

struct table {
	struct entry *entries;
	uint32_t *heads; /* as many as entries */
	uint32_t size;
	uint32_t used; /* entries ever taken */
	uint32_t free; /* chain of returned ones, whose windows are empty */
	uint32_t count;
	uint32_t oldest[LISTS];
	uint32_t newest[LISTS];
};

/* One table and one lock: each of max_users places is for anybody. What is
 * done under the lock takes less than a microsecond, but for a clock that
 * was set back. */
struct quota_memory {
	struct quota quota;
	struct quota_memory_config config;
	atomic_bool changed; /* since the last save */
	pthread_mutex_t saving;
	pthread_mutex_t lock;
	int64_t latest; /* time of a question; goes back with the clock */
	struct table table;
};

/* All of these under the lock. */
struct entry *table_find(struct table *table, const uint8_t *print);
/* A new, empty entry, the newest of its list; NULL when nobody is quiet. */
struct entry *table_add(struct table *table, const uint8_t *print, int64_t now);
/* Its windows have changed: to the list's newest, or out of the table when
 * nothing counts. */
void table_touch(struct table *table, struct entry *entry, int64_t now);
void table_remove(struct table *table, struct entry *entry);
/* After a step back of the clock: nobody counts from a time to come. Goes
 * through the whole table. */
void table_set_back(struct table *table, int64_t now);

bool table_open(struct table *table, uint32_t size);
void table_close(struct table *table);

/* memory_file.c: false with errno; reading: a sentence, empty when all is
 * well. */
bool memory_save(struct quota_memory *memory, int64_t now);
void memory_load(
    struct quota_memory *memory, int64_t now, char *ret_said, size_t said_size);

#endif
