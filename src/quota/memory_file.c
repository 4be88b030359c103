#include "core/hash.h"
#include "quota/memory_private.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The state file: a head, a record for each user, from the oldest grant to the
 * newest, and the SHA-256 of all that. It is in the byte order of the machine,
 * which the head shows.
 */
#define MAGIC "slotd quota 1\n"
#define ORDER 0x01020304
/* The highest quota.max_users. */
#define RECORDS_MAX 10000000
/* How many records are copied at a time. */
#define SLICE 256

struct head {
	char magic[16];
	uint32_t order;
	uint32_t record;
	uint64_t count;
	uint8_t seed[SEED_SIZE];
};

struct record {
	uint8_t print[PRINT_SIZE];
	struct windows windows;
};

/* NULL with errno. */
static FILE *open_as(const char *path, int flags, const char *mode)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);
	FILE *file = fd >= 0 ? fdopen(fd, mode) : NULL;

	if (fd >= 0 && !file)
		close(fd);
	return file;
}

/* Writes or reads something that counts for the SHA-256 at the end. */
static bool put(FILE *file, struct hash *hash, const void *bytes, size_t len)
{
	hash_update(hash, (struct span){ bytes, len });
	return fwrite(bytes, 1, len, file) == len;
}

static bool get(FILE *file, struct hash *hash, void *ret_bytes, size_t len)
{
	if (fread(ret_bytes, 1, len, file) != len)
		return false;
	hash_update(hash, (struct span){ ret_bytes, len });
	return true;
}

/* --- writing --------------------------------------------------------------*/

static int by_age(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	return (x->windows.newest > y->windows.newest) -
	       (x->windows.newest < y->windows.newest);
}

/* A slice at a time, so that nobody waits long for the lock. Users that come or
 * go meanwhile are for the next save. NULL with errno. */
static struct record *copy_table(
    struct quota_memory *memory, int64_t now, size_t *ret_count)
{
	/* Its ends of lists go along: nothing counts on them. */
	const struct table *table = &memory->table;
	struct record *records;
	size_t size, count = 0;

	pthread_mutex_lock(&memory->lock);
	size = table->used;
	pthread_mutex_unlock(&memory->lock);
	records = calloc(size + 1, sizeof *records);
	for (size_t from = 0; records && from < size; from += SLICE) {
		size_t begin = count, end = begin;

		pthread_mutex_lock(&memory->lock);
		for (size_t i = from; i < from + SLICE && i < size; i++) {
			struct record *record = &records[end++];

			memcpy(
			    record->print, table->entries[i].print, PRINT_SIZE);
			record->windows = table->entries[i].windows;
		}
		pthread_mutex_unlock(&memory->lock);
		for (size_t i = begin; i < end; i++)
			if (windows_next(&records[i].windows, now))
				records[count++] = records[i];
	}
	if (records)
		qsort(records, count, sizeof *records, by_age);
	*ret_count = count;
	return records;
}

static bool write_state(FILE *file, const struct quota_memory *memory,
    const struct record *records, size_t count)
{
	struct head head = { .magic = MAGIC,
		.order = ORDER,
		.record = sizeof *records,
		.count = count };
	uint8_t digest[HASH_SIZE];
	struct hash hash;
	bool well;

	memcpy(head.seed, memory->config.seed, SEED_SIZE);
	hash_init(&hash);
	well = put(file, &hash, &head, sizeof head) &&
	       put(file, &hash, records, count * sizeof *records);
	hash_final(&hash, digest);
	return well && fwrite(digest, sizeof digest, 1, file) == 1 &&
	       fflush(file) == 0 && fsync(fileno(file)) == 0;
}

static bool sync_folder(const char *path)
{
	char *copy = strdup(path);
	int fd =
	    copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool well = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	free(copy);
	return well;
}

/* Writes another file and renames it, so that there is always a whole one. */
static bool write_file(const struct quota_memory *memory,
    const struct record *records, size_t count)
{
	const char *path = memory->config.state_file;
	char *aside;
	FILE *file;
	bool well;
	int error;

	if (asprintf(&aside, "%s.new", path) < 0)
		return false;
	/* Nothing is written into a file that somebody else has put there. */
	unlink(aside);
	file = open_as(aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, "w");
	well = file && write_state(file, memory, records, count) &&
	       rename(aside, path) == 0 && sync_folder(path);
	error = errno;
	if (file)
		fclose(file);
	if (file && !well)
		unlink(aside);
	free(aside);
	errno = error;
	return well;
}

bool memory_save(struct quota_memory *memory, int64_t now)
{
	struct record *records;
	size_t count;
	bool well;

	/* Before the copy: changes from here on are for the next save. */
	if (!atomic_exchange(&memory->changed, false))
		return true;
	records = copy_table(memory, now, &count);
	well = records && write_file(memory, records, count);
	free(records);
	if (!well)
		atomic_store(&memory->changed, true);
	return well;
}

/* --- reading --------------------------------------------------------------*/

/* Whether this can be the head of a state file of this size. */
static bool fits(const struct head *head, off_t size)
{
	return memcmp(head->magic, MAGIC, sizeof MAGIC) == 0 &&
	       head->order == ORDER && head->record == sizeof(struct record) &&
	       head->count <= RECORDS_MAX &&
	       (uint64_t)size == sizeof *head +
				     head->count * sizeof(struct record) +
				     HASH_SIZE;
}

/* Records come in their order, so the oldest are dropped when not all fit.
 * Gives how many were. */
static uint64_t enter(
    struct quota_memory *memory, struct record *record, int64_t now)
{
	struct table *table = &memory->table;
	struct entry *entry = table_find(table, record->print);
	uint64_t left_out = 0;
	uint32_t before;
	uint16_t list;

	windows_set_back(&record->windows, now);
	if (!windows_next(&record->windows, now))
		return 0;
	/* It is there twice: its entry moved while the table was copied. */
	if (entry)
		table_remove(table, entry);
	entry = table_add(table, record->print, now);
	before = table->count;
	if (!entry) {
		/* At the end of time nothing counts, so this drops one. */
		entry = table_add(table, record->print, INT64_MAX);
		left_out = before + 1 - table->count;
	}
	list = entry->windows.mark;
	entry->windows = record->windows;
	entry->windows.mark = list;
	table_touch(table, entry, now);
	return left_out;
}

/* A record at a time, whatever the head claims. False: this is not a whole
 * state file, and what is in the table does not count. */
static bool load(struct quota_memory *memory, FILE *file, off_t size,
    int64_t now, uint64_t *ret_left_out)
{
	uint8_t digest[HASH_SIZE], want[HASH_SIZE];
	struct record record;
	struct head head;
	struct hash hash;

	*ret_left_out = 0;
	hash_init(&hash);
	if (!get(file, &hash, &head, sizeof head) || !fits(&head, size))
		return false;
	for (uint64_t i = 0; i < head.count; i++) {
		if (!get(file, &hash, &record, sizeof record))
			return false;
		*ret_left_out += enter(memory, &record, now);
	}
	hash_final(&hash, digest);
	if (fread(want, sizeof want, 1, file) != 1 ||
	    memcmp(want, digest, sizeof digest) != 0)
		return false;
	memcpy(memory->config.seed, head.seed, SEED_SIZE);
	return true;
}

void memory_load(
    struct quota_memory *memory, int64_t now, char *ret_said, size_t said_size)
{
	const char *path = memory->config.state_file;
	FILE *file = open_as(path, O_RDONLY | O_NONBLOCK, "r");
	struct stat stat = { 0 };
	uint64_t left_out;

	if (file && (fstat(fileno(file), &stat) || !S_ISREG(stat.st_mode))) {
		fclose(file);
		file = NULL;
		errno = EINVAL;
	}
	if (!file) {
		/* At the first start there is none. */
		if (errno != ENOENT)
			snprintf(ret_said, said_size,
			    "%s: %s; counting starts at zero", path,
			    strerror(errno));
		return;
	}
	if (!load(memory, file, stat.st_size, now, &left_out)) {
		table_clear(&memory->table);
		snprintf(ret_said, said_size,
		    "%s: is damaged, or no state file of slotd; counting "
		    "starts at zero",
		    path);
	} else if (left_out) {
		snprintf(ret_said, said_size,
		    "%s: %llu users do not fit: quota.max_users is smaller "
		    "than it was",
		    path, (unsigned long long)left_out);
	}
	fclose(file);
}
