#include "store/fs_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

/* How many are looked for in the page cache at once. */
#define CACHED_PAGES 1024

/* What has just been changed may be changed again before st_ctim moves. */
static bool settled(const struct stat *status, int64_t now)
{
	return status->st_ctim.tv_sec < now - 1;
}

/* False: it is not known, and reading it might wait. */
static bool find_attributes(const struct fs *fs, int fd,
    const struct stat *status, int64_t now, bool now_only,
    struct fs_attributes *ret_attributes)
{
	if (fs_known_get(fs->folder, status, ret_attributes))
		return true;
	if (now_only)
		return false;
	fs_known_read(fd, ret_attributes);
	if (settled(status, now))
		fs_known_put(fs->folder, status, ret_attributes);
	return true;
}

static void write_file(const struct fs *fs, const struct stat *status,
    struct span key, const char *stored, struct store_file *ret_file)
{
	struct span type = span_of(stored);

	if (!type.len)
		type = media_type_of_name(key);
	memcpy(ret_file->type, type.at, type.len);
	ret_file->type[type.len] = '\0';
	ret_file->size = (uint64_t)status->st_size;
	ret_file->modified = status->st_mtim.tv_sec;
	snprintf(ret_file->etag, sizeof ret_file->etag,
	    "\"%" PRIx64 "-%" PRIx64 "\"",
	    (uint64_t)status->st_mtim.tv_sec * 1000000000u +
		(uint64_t)status->st_mtim.tv_nsec,
	    ret_file->size);
	/* Of others' files mincore says nothing. */
	ret_file->direct =
	    fs->folder->has_mincore && status->st_uid == fs->folder->owner;
}

/* Looks at an open file, of whatever kind. */
static enum failure read_status(const struct fs *fs, int fd, struct span key,
    int64_t now, bool now_only, struct store_file *ret_file,
    struct refusal *why)
{
	struct fs_attributes attributes;
	struct stat status;
	int64_t until;

	if (fstat(fd, &status))
		return failure_reason(
		    FAILURE_INTERNAL, "a file's status cannot be read", why);
	if (!S_ISREG(status.st_mode))
		return FAILURE_NOT_FOUND;
	if (!find_attributes(fs, fd, &status, now, now_only, &attributes))
		return FAILURE_UNAVAILABLE;
	until = fs_until_of_file(fs, key, attributes.until);
	if (until <= now)
		return FAILURE_GONE;
	write_file(fs, &status, key, attributes.type, ret_file);
	ret_file->until = until;
	ret_file->fd = fd;
	return FAILURE_NONE;
}

static enum failure open_failure(int error, struct refusal *why)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ELOOP:
	case EXDEV:
	case ENXIO:
	case ENODEV:
	case ENAMETOOLONG:
		return FAILURE_NOT_FOUND;
	case EACCES:
	case EPERM:
		return failure_reason(
		    FAILURE_INTERNAL, "a stored file may not be read", why);
	default:
		if (fs_shortage(error, why))
			return FAILURE_UNAVAILABLE;
		return failure_reason(
		    FAILURE_INTERNAL, "a stored file cannot be opened", why);
	}
}

/* Without O_NONBLOCK a fifo would wait for a writer. */
static int open_file(const struct fs *fs, struct span key, bool now_only)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;

	if (now_only)
		return fs_path_open_now(fs->folder->root, key, flags);
	return fs_path_open(fs->folder->root, key, flags);
}

enum failure fs_file_open(struct store *store, struct span key, int64_t now,
    bool now_only, struct store_file *ret_file, struct refusal *why)
{
	const struct fs *fs = (const struct fs *)store;
	enum failure failure;
	int64_t until;
	int fd;

	if (!fs_path_valid(key))
		return FAILURE_NOT_FOUND;
	/* Whether or not it was removed already. */
	if (fs_until_told(fs, key, &until) && until <= now)
		return FAILURE_GONE;
	fd = open_file(fs, key, now_only);
	if (fd < 0 && now_only)
		return FAILURE_UNAVAILABLE;
	if (fd < 0)
		return open_failure(errno, why);
	failure = read_status(fs, fd, key, now, now_only, ret_file, why);
	if (failure)
		close(fd);
	return failure;
}

enum failure fs_file_read(const struct store_file *file, uint64_t offset,
    void *ret_bytes, size_t size, bool now_only, size_t *ret_len)
{
	struct iovec part = { ret_bytes, size };
	ssize_t got;

	if (offset >= file->size) {
		*ret_len = 0;
		return FAILURE_NONE;
	}
	do {
		got = preadv2(file->fd, &part, 1, (off_t)offset,
		    now_only ? RWF_NOWAIT : 0);
	} while (got < 0 && errno == EINTR);
	if (got >= 0) {
		*ret_len = (size_t)got;
		return FAILURE_NONE;
	}
	if (now_only &&
	    (errno == EAGAIN || errno == EOPNOTSUPP || errno == ENOSYS))
		return FAILURE_UNAVAILABLE;
	return FAILURE_INTERNAL;
}

int fs_file_take(const struct store_file *file)
{
	return file->direct ? file->fd : -1;
}

/* The pages that are in memory, as mincore says of a mapping that nobody
 * touches. */
size_t fs_file_cached(
    const struct store_file *file, uint64_t offset, size_t size)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t before = (size_t)(offset % page);
	const size_t most = CACHED_PAGES * page - before;
	const size_t len = before + (size < most ? size : most);
	unsigned char pages[CACHED_PAGES];
	size_t there = 0;
	void *map = mmap(NULL, len, PROT_READ, MAP_SHARED, file->fd,
	    (off_t)(offset - before));

	if (map == MAP_FAILED)
		return 0;
	if (!mincore(map, len, pages))
		while (there < len && (pages[there / page] & 1))
			there += page;
	munmap(map, len);
	there = there < len ? there : len;
	return there < before ? 0 : there - before;
}

void fs_file_close(struct store_file *file)
{
	close(file->fd);
	file->fd = -1;
}
