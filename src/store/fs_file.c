#include "store/fs_private.h"

#include "slot/media_type.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

static void read_type(int fd, struct span key, char *ret_type, size_t size)
{
	char stored[MEDIA_TYPE_MAX];
	ssize_t len = fgetxattr(fd, FS_XATTR_TYPE, stored, sizeof stored);
	struct span type = { stored, len > 0 ? (size_t)len : 0 };

	if (!media_type_valid(type))
		type = media_type_of_name(key);
	type = span_first(type, size - 1);
	memcpy(ret_type, type.at, type.len);
	ret_type[type.len] = '\0';
}

/* Looks at an open file, of whatever kind. */
static enum failure read_status(const struct fs *fs, int fd, struct span key,
    int64_t now, struct store_file *ret_file, struct refusal *why)
{
	struct stat status;

	if (fstat(fd, &status))
		return failure_reason(
		    FAILURE_INTERNAL, "a file's status cannot be read", why);
	if (!S_ISREG(status.st_mode))
		return FAILURE_NOT_FOUND;
	ret_file->until = fs_until_of_file(fs, key, fd);
	if (ret_file->until <= now)
		return FAILURE_GONE;
	ret_file->fd = fd;
	ret_file->size = (uint64_t)status.st_size;
	ret_file->modified = status.st_mtim.tv_sec;
	snprintf(ret_file->etag, sizeof ret_file->etag,
	    "\"%" PRIx64 "-%" PRIx64 "\"",
	    (uint64_t)status.st_mtim.tv_sec * 1000000000u +
		(uint64_t)status.st_mtim.tv_nsec,
	    ret_file->size);
	read_type(fd, key, ret_file->type, sizeof ret_file->type);
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

enum failure fs_file_open(struct store *store, struct span key, int64_t now,
    struct store_file *ret_file, struct refusal *why)
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
	/* Without O_NONBLOCK a fifo would wait for a writer. */
	fd = fs_path_open(
	    fs->folder->root, key, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return open_failure(errno, why);
	failure = read_status(fs, fd, key, now, ret_file, why);
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

void fs_file_close(struct store_file *file)
{
	close(file->fd);
	file->fd = -1;
}
