#include "store/fs_private.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static enum failure note_failure(int error, struct refusal *why)
{
	return fs_room_failure(
	    error, "the note of an erasure cannot be written", why);
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
    const struct fs *fs, struct fs_way *way, struct span text)
{
	int fd =
	    openat(way->folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	int error;
	bool ok;

	if (fd < 0)
		return false;
	fs_path_give(fs->folder, fd);
	ok = write_all(fd, text) && !fs_path_sync(fd) &&
	     !fs_path_link(fd, way->folder, way->name) && fs_way_sync(way);
	error = errno;
	close(fd);
	errno = error;
	return ok;
}

enum failure fs_note(struct store *store, struct span key, struct span text,
    int64_t now, struct refusal *why)
{
	const struct fs *fs = (const struct fs *)store;
	enum failure failure = FAILURE_NONE;
	struct fs_way way;

	(void)now;
	if (store->lack)
		return failure_reason(FAILURE_UNAVAILABLE, store->lack, why);
	if (!fs_way_open(fs->folder, fs->folder->home, key, &way))
		return note_failure(errno, why);
	if (!write_note(fs, &way, text))
		failure = note_failure(errno, why);
	fs_way_close(&way);
	return failure;
}
