#include "store/fs_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>

static uint64_t times(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static enum failure no_room(struct refusal *why, const char *reason)
{
	return failure_reason(FAILURE_INSUFFICIENT_STORAGE, reason, why);
}

enum failure fs_room_check(
    const struct fs *fs, uint64_t size, struct refusal *why)
{
	struct statvfs now;
	uint64_t room, owed, keep;

	if (size > INT64_MAX)
		return no_room(why, "no file can be so large");
	if (fstatvfs(fs->folder->root, &now))
		return failure_reason(FAILURE_INTERNAL,
		    "the store's free room cannot be read", why);
	if (now.f_flag & ST_RDONLY)
		return fs_room_failure(EROFS, NULL, why);
	/* A file system without a bound says 0 of 0 (so do some of their
	 * counts of files). */
	if (now.f_files && !now.f_favail)
		return no_room(why, "the file system has no inode left");
	if (!now.f_blocks)
		return FAILURE_NONE;
	keep = fs->config.min_free_bytes;
	if (fs->config.min_free_percent)
		keep = times(
		    times(now.f_blocks, fs->config.min_free_percent) / 100,
		    now.f_frsize);
	room = times(now.f_bavail, now.f_frsize);
	owed = atomic_load(&fs->folder->owed);
	room = room > owed ? room - owed : 0;
	if (room < keep || room - keep < size)
		return no_room(why, "less than min_free would be left");
	return FAILURE_NONE;
}

bool fs_shortage(int error, struct refusal *why)
{
	if (error == EMFILE)
		why->reason = "no descriptors are left: raise the limit of "
			      "open files";
	else if (error == ENFILE)
		why->reason = "the system has too many open files";
	else if (error == ENOMEM)
		why->reason = "out of memory";
	else
		return false;
	return true;
}

enum failure fs_room_failure(int error, const char *reason, struct refusal *why)
{
	why->reason = error == EROFS ? "the disk is read-only" : reason;
	if (error == ENOSPC || error == EDQUOT)
		return FAILURE_INSUFFICIENT_STORAGE;
	if (error == EFBIG)
		return no_room(why, "the file system, or the process's limit "
				    "of file sizes, takes no file so large");
	if (error == EROFS || fs_shortage(error, why))
		return FAILURE_UNAVAILABLE;
	return FAILURE_INTERNAL;
}

static enum failure reserve(
    struct fs *fs, int fd, uint64_t size, bool *ret_owed, struct refusal *why)
{
	int result;

	if (!size)
		return FAILURE_NONE;
	do {
		result = fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size);
	} while (result && errno == EINTR);
	if (!result)
		return FAILURE_NONE;
	if (errno != EOPNOTSUPP && errno != ENOSYS)
		return fs_room_failure(
		    errno, "room for the file cannot be reserved", why);
	atomic_fetch_add(&fs->folder->owed, size);
	*ret_owed = true;
	return FAILURE_NONE;
}

enum failure fs_room_reserve(
    struct fs *fs, int fd, uint64_t size, bool *ret_owed, struct refusal *why)
{
	enum failure failure;

	pthread_mutex_lock(&fs->folder->room_lock);
	failure = fs_room_check(fs, size, why);
	if (!failure)
		failure = reserve(fs, fd, size, ret_owed, why);
	pthread_mutex_unlock(&fs->folder->room_lock);
	return failure;
}
