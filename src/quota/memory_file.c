#include "core/hash.h"
#include "net/input.h"
#include "quota/memory_private.h"

#include <errno.h>
#include <fcntl.h>
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
/* How many records are copied or read at a time. */
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

/* What is written. */
struct copy {
	struct record *records;
	size_t count;
	size_t size;
};

/* --- writing --------------------------------------------------------------*/

static int by_age(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	return x->windows.newest < y->windows.newest   ? -1
	       : x->windows.newest > y->windows.newest ? 1
						       : 0;
}

/* A slice at a time, so that nobody waits long for the lock. Users that come or
 * go meanwhile are for the next save. */
static void copy_table(
    struct copy *copy, struct quota_memory *memory, int64_t now)
{
	const struct table *table = &memory->table;

	for (size_t from = 0; from < copy->size; from += SLICE) {
		size_t begin = copy->count, end = begin;

		pthread_mutex_lock(&memory->lock);
		for (size_t i = from; i < from + SLICE && i < copy->size; i++) {
			struct record *record = &copy->records[end++];

			memcpy(
			    record->print, table->entries[i].print, PRINT_SIZE);
			record->windows = table->entries[i].windows;
		}
		pthread_mutex_unlock(&memory->lock);
		for (size_t i = begin; i < end; i++)
			if (windows_next(&copy->records[i].windows, now))
				copy->records[copy->count++] = copy->records[i];
	}
	qsort(copy->records, copy->count, sizeof *copy->records, by_age);
}

static bool copy_all(
    struct copy *copy, struct quota_memory *memory, int64_t now)
{
	pthread_mutex_lock(&memory->lock);
	copy->size = memory->table.used;
	pthread_mutex_unlock(&memory->lock);
	copy->records = calloc(copy->size + 1, sizeof *copy->records);
	if (!copy->records)
		return false;
	copy_table(copy, memory, now);
	return true;
}

static bool write_all(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len) {
		ssize_t done = write(fd, at, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		at += done;
		len -= (size_t)done;
	}
	return true;
}

static bool write_state(
    int fd, const struct quota_memory *memory, const struct copy *copy)
{
	struct head head = { .magic = MAGIC,
		.order = ORDER,
		.record = sizeof(struct record),
		.count = copy->count };
	size_t len = copy->count * sizeof *copy->records;
	uint8_t digest[HASH_SIZE];
	struct hash hash;

	memcpy(head.seed, memory->config.seed, SEED_SIZE);
	hash_init(&hash);
	hash_update(&hash, (struct span){ (const char *)&head, sizeof head });
	hash_update(&hash, (struct span){ (const char *)copy->records, len });
	hash_final(&hash, digest);
	return write_all(fd, &head, sizeof head) &&
	       write_all(fd, copy->records, len) &&
	       write_all(fd, digest, sizeof digest) && fsync(fd) == 0;
}

static bool sync_folder(const char *path)
{
	char *folder = strdup(path);
	char *slash = folder ? strrchr(folder, '/') : NULL;
	int fd;
	bool well;

	if (!folder)
		return false;
	if (slash)
		slash[slash == folder ? 1 : 0] = '\0';
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	if (fd < 0)
		return false;
	well = fsync(fd) == 0;
	close(fd);
	return well;
}

/* Writes another file and renames it, so that there is always a whole one. */
static bool write_file(
    const struct quota_memory *memory, const struct copy *copy)
{
	const char *path = memory->config.state_file;
	size_t size = strlen(path) + sizeof ".new";
	char *aside = malloc(size);
	int fd, error;
	bool well;

	if (!aside)
		return false;
	snprintf(aside, size, "%s.new", path);
	/* Nothing is written into a file that somebody else has put there. */
	unlink(aside);
	fd = open(
	    aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	well = fd >= 0 && write_state(fd, memory, copy);
	error = errno;
	if (fd >= 0)
		close(fd);
	if (well) {
		well = rename(aside, path) == 0 && sync_folder(path);
		error = errno;
	}
	if (!well && fd >= 0)
		unlink(aside);
	free(aside);
	errno = error;
	return well;
}

bool memory_save(struct quota_memory *memory, int64_t now)
{
	struct copy copy = { 0 };
	bool well;

	/* Before the copy: changes from here on are for the next save. */
	if (!atomic_exchange(&memory->changed, false))
		return true;
	well = copy_all(&copy, memory, now) && write_file(memory, &copy);
	free(copy.records);
	if (!well)
		atomic_store(&memory->changed, true);
	return well;
}

/* --- reading --------------------------------------------------------------*/

static bool read_whole(int fd, void *ret_bytes, size_t len)
{
	return input_read(fd, ret_bytes, len) == (ssize_t)len;
}

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

/* Reads some of the records that are left; 0: none are, or the file ends. */
static size_t next_slice(int fd, uint64_t *left, struct record slice[SLICE])
{
	size_t count = *left < SLICE ? (size_t)*left : SLICE;

	if (!read_whole(fd, slice, count * sizeof *slice))
		count = 0;
	*left -= count;
	return count;
}

/* Whether the SHA-256 at the end is that of the head and the records. */
static bool is_whole(int fd, const struct head *head)
{
	struct record slice[SLICE];
	uint8_t digest[HASH_SIZE], want[HASH_SIZE];
	uint64_t left = head->count;
	struct hash hash;
	size_t count;

	hash_init(&hash);
	hash_update(&hash, (struct span){ (const char *)head, sizeof *head });
	while ((count = next_slice(fd, &left, slice)))
		hash_update(&hash, (struct span){ (const char *)slice,
				       count * sizeof *slice });
	hash_final(&hash, digest);
	return !left && read_whole(fd, want, sizeof want) &&
	       memcmp(want, digest, sizeof digest) == 0;
}

/* A slice at a time, whatever the head claims. False: this is not a whole state
 * file. */
static bool load(struct quota_memory *memory, int fd, off_t size, int64_t now,
    uint64_t *ret_left_out)
{
	struct record slice[SLICE];
	struct head head;
	uint64_t left, left_out = 0;
	size_t count;

	if (!read_whole(fd, &head, sizeof head) || !fits(&head, size) ||
	    !is_whole(fd, &head) || lseek(fd, sizeof head, SEEK_SET) < 0)
		return false;
	memcpy(memory->config.seed, head.seed, SEED_SIZE);
	left = head.count;
	while ((count = next_slice(fd, &left, slice)))
		for (size_t i = 0; i < count; i++)
			left_out += enter(memory, &slice[i], now);
	*ret_left_out = left_out;
	return true;
}

/* -1 with errno. */
static int open_state(const char *path, off_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat stat;

	if (fd < 0)
		return -1;
	if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode)) {
		*ret_size = stat.st_size;
		return fd;
	}
	close(fd);
	errno = EINVAL;
	return -1;
}

void memory_load(
    struct quota_memory *memory, int64_t now, char *ret_said, size_t said_size)
{
	const char *path = memory->config.state_file;
	uint64_t left_out = 0;
	off_t size;
	int fd = open_state(path, &size);

	if (fd < 0) {
		/* At the first start there is none. */
		if (errno != ENOENT)
			snprintf(ret_said, said_size,
			    "%s: %s; counting starts at zero", path,
			    strerror(errno));
		return;
	}
	if (!load(memory, fd, size, now, &left_out))
		snprintf(ret_said, said_size,
		    "%s: is damaged, or no state file of slotd; counting "
		    "starts at zero",
		    path);
	else if (left_out)
		snprintf(ret_said, said_size,
		    "%s: %llu users do not fit: quota.max_users is smaller "
		    "than it was",
		    path, (unsigned long long)left_out);
	close(fd);
}
