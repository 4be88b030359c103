#include "core/hash.h"
#include "quota/memory_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The state file: a head, a record for each user, in each shard from the
 * oldest to the newest, and the SHA-256 of all that. Of the machine that
 * wrote it: its byte order stands in the head.
 */
#define MAGIC "slotd quota 1\n"
#define ORDER 0x01020304
#define RECORDS_MAX 100000000 /* more than quota.max_users may be */

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

/* What is written, a shard at a time. */
struct copy {
	struct record *records;
	size_t count;
	size_t size;
};

/* --- writing --------------------------------------------------------------*/

static bool copy_shard(struct copy *copy, struct shard *shard, int64_t now)
{
	size_t size;
	bool room;

	pthread_mutex_lock(&shard->lock);
	size = copy->count + shard->count;
	room = copy->records && size <= copy->size;
	if (!room) {
		struct record *more =
		    realloc(copy->records, (2 * size + 1) * sizeof *more);

		room = more != NULL;
		if (more) {
			copy->records = more;
			copy->size = 2 * size + 1;
		}
	}
	for (enum list list = 0; room && list < LISTS; list++) {
		uint32_t at = shard->oldest[list];

		while (at != NOBODY) {
			const struct entry *entry = &shard->entries[at];
			struct record *record = &copy->records[copy->count];

			at = entry->newer;
			if (!windows_next(&entry->windows, now))
				continue;
			memcpy(record->print, entry->print, PRINT_SIZE);
			record->windows = entry->windows;
			copy->count++;
		}
	}
	pthread_mutex_unlock(&shard->lock);
	return room;
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
    int fd, const struct memory *memory, const struct copy *copy)
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

/* Written aside and renamed: there is always a whole one. */
static bool write_file(const struct memory *memory, const struct copy *copy)
{
	const char *path = memory->config.state_file;
	size_t size = strlen(path) + sizeof ".new";
	char *aside = malloc(size);
	int fd, error;
	bool well;

	if (!aside)
		return false;
	snprintf(aside, size, "%s.new", path);
	/* Whatever is there is not written to. */
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

bool memory_save(struct memory *memory, int64_t now)
{
	struct copy copy = { 0 };
	bool well = true;

	/* Before the copy: what changes meanwhile is for the next time. */
	if (!atomic_exchange(&memory->changed, false))
		return true;
	for (uint32_t i = 0; i < memory->shard_count && well; i++)
		well = copy_shard(&copy, &memory->shards[i], now);
	if (!well)
		errno = ENOMEM;
	well = well && write_file(memory, &copy);
	free(copy.records);
	if (!well)
		atomic_store(&memory->changed, true);
	return well;
}

/* --- reading --------------------------------------------------------------*/

static bool is_ours(const char *bytes, size_t len, struct head *ret_head)
{
	uint8_t digest[HASH_SIZE];
	struct head head;

	if (len < sizeof head + HASH_SIZE)
		return false;
	memcpy(&head, bytes, sizeof head);
	len -= HASH_SIZE;
	if (memcmp(head.magic, MAGIC, sizeof MAGIC) != 0 ||
	    head.order != ORDER || head.record != sizeof(struct record) ||
	    head.count != (len - sizeof head) / sizeof(struct record) ||
	    (len - sizeof head) % sizeof(struct record) != 0)
		return false;
	sha256((struct span){ bytes, len }, digest);
	if (memcmp(digest, bytes + len, HASH_SIZE) != 0)
		return false;
	*ret_head = head;
	return true;
}

/* In their order, so the oldest go when not all fit. Gives how many went. */
static uint64_t enter(
    struct memory *memory, const char *records, uint64_t count, int64_t now)
{
	uint64_t left_out = 0;

	for (uint64_t i = 0; i < count; i++) {
		struct record record;
		struct shard *shard;
		struct entry *entry;
		uint32_t before;

		memcpy(&record, records + i * sizeof record, sizeof record);
		if (!windows_next(&record.windows, now))
			continue;
		shard = shard_of(memory, record.print);
		if (shard_find(shard, record.print))
			continue;
		entry = shard_add(shard, record.print, now);
		before = shard->count;
		if (!entry) {
			/* Seen from the end of time everybody is quiet. */
			entry = shard_add(shard, record.print, INT64_MAX);
			left_out += before + 1 - shard->count;
		}
		record.windows.mark = entry->windows.mark;
		entry->windows = record.windows;
		shard_touch(shard, entry, now);
	}
	return left_out;
}

/* The size of a whole file that begins so; 0: it is none of ours. */
static uint64_t size_of(int fd)
{
	struct head head;

	if (pread(fd, &head, sizeof head, 0) != sizeof head ||
	    memcmp(head.magic, MAGIC, sizeof MAGIC) != 0 ||
	    head.count > RECORDS_MAX)
		return 0;
	return sizeof head + head.count * sizeof(struct record) + HASH_SIZE;
}

/* NULL with errno. What cannot be ours is not read at all: it may be large. */
static char *read_all(const char *path, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat stat;
	char *bytes = NULL;
	size_t len = 0, size = 0;
	ssize_t got = 1;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode)) {
		if ((uint64_t)stat.st_size == size_of(fd))
			size = (size_t)stat.st_size;
		bytes = malloc(size + 1);
	} else {
		errno = EINVAL;
	}
	while (bytes && got > 0 && len < size) {
		got = read(fd, bytes + len, size - len);
		len += got > 0 ? (size_t)got : 0;
	}
	close(fd);
	*ret_len = len;
	return bytes;
}

void memory_load(
    struct memory *memory, int64_t now, char *ret_said, size_t said_size)
{
	uint64_t left_out;
	size_t len;
	char *bytes = read_all(memory->config.state_file, &len);
	struct head head;

	if (!bytes) {
		/* None is there at the first start. */
		if (errno != ENOENT)
			snprintf(ret_said, said_size,
			    "%s: %s; counting starts "
			    "anew",
			    memory->config.state_file, strerror(errno));
		return;
	}
	if (is_ours(bytes, len, &head)) {
		memcpy(memory->config.seed, head.seed, SEED_SIZE);
		left_out = enter(memory, bytes + sizeof head, head.count, now);
		if (left_out)
			snprintf(ret_said, said_size,
			    "%s: %llu users do not fit: quota.max_users is "
			    "smaller than it was",
			    memory->config.state_file,
			    (unsigned long long)left_out);
	} else {
		snprintf(ret_said, said_size,
		    "%s: is damaged, or not of this program; counting "
		    "starts anew",
		    memory->config.state_file);
	}
	free(bytes);
}
