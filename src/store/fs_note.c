#include "store/fs_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum failure note_failure(int error, struct refusal *why)
{
	return fs_room_failure(
	    error, "the note of an erasure cannot be written", why);
}

/* A command that root runs must not lock out the service's own user. */
static void give_away(const struct fs *fs, int fd)
{
	struct stat home;

	if (geteuid() == 0 && !fstat(fs->folder->home, &home))
		(void)!fchown(fd, home.st_uid, home.st_gid);
}

static bool write_all(int fd, struct span text)
{
	while (text.len) {
		ssize_t done = write(fd, text.at, text.len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		text = span_from(text, (size_t)done);
	}
	return true;
}

/* It appears whole or not at all, as files do. */
static bool write_note(
    const struct fs *fs, int folder, const char *name, struct span text)
{
	int fd = openat(folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	int error;
	bool ok;

	if (fd < 0)
		return false;
	give_away(fs, fd);
	ok = write_all(fd, text) && !fs_path_sync(fd) &&
	     !fs_path_link(fd, folder, name) && !fs_path_sync(folder);
	error = errno;
	close(fd);
	errno = error;
	return ok;
}

enum failure fs_note(struct store *store, struct span key, struct span text,
    int64_t now, struct refusal *why)
{
	const struct fs *fs = (const struct fs *)store;
	char name[FS_SEGMENT_MAX + 1];
	enum failure failure = FAILURE_NONE;
	int folder;

	(void)now;
	if (store->lack)
		return failure_reason(FAILURE_UNAVAILABLE, store->lack, why);
	folder = fs_path_make(fs->folder->home, key, name);
	if (folder < 0)
		return note_failure(errno, why);
	give_away(fs, folder);
	if (!write_note(fs, folder, name, text))
		failure = note_failure(errno, why);
	close(folder);
	return failure;
}
