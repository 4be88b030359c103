#include "store/fs_private.h"

#include "slot/key_template.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/xattr.h>
#include <unistd.h>

#define MARK ".until"

/* Digits of 64 bits. */
#define TEXT 24

void fs_until_mark(struct fs *fs)
{
	int fd;

	if (!fs->config.has_until) {
		fs->config.has_until =
		    !faccessat(fs->folder->home, MARK, F_OK, 0);
		return;
	}
	fd = openat(
	    fs->folder->home, MARK, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
}

enum failure fs_until_write(
    const struct fs *fs, int fd, int64_t until, struct refusal *why)
{
	char memory[TEXT];
	struct buf text = buf_of(memory, sizeof memory);

	if (!fs->folder->has_types || until <= 0)
		return FAILURE_NONE;
	buf_u64(&text, (uint64_t)until);
	if (!fsetxattr(fd, FS_XATTR_UNTIL, text.at, text.len, 0) ||
	    errno == EOPNOTSUPP)
		return FAILURE_NONE;
	return fs_room_failure(errno, "the file's end cannot be stored", why);
}

bool fs_until_told(const struct fs *fs, struct span key, int64_t *ret_until)
{
	return fs->store.template &&
	       key_tells_until(fs->store.template, key, ret_until);
}

/* len is what the system gave for the attribute. */
static int64_t read_text(const char *text, ssize_t len)
{
	uint64_t until;

	if (len > 0 && span_u64((struct span){ text, (size_t)len }, &until) &&
	    until < INT64_MAX)
		return (int64_t)until;
	return INT64_MAX;
}

int64_t fs_until_read(int fd)
{
	char text[TEXT];

	return read_text(
	    text, fgetxattr(fd, FS_XATTR_UNTIL, text, sizeof text));
}

int64_t fs_until_of_file(
    const struct fs *fs, struct span key, int64_t attribute)
{
	int64_t until;

	if (fs_until_told(fs, key, &until))
		return until;
	return fs->config.has_until ? attribute : INT64_MAX;
}

int64_t fs_until_of_entry(
    const struct fs *fs, struct span key, int folder, const char *name)
{
	char path[64 + FS_SEGMENT_MAX], text[TEXT];
	int64_t until;

	if (fs_until_told(fs, key, &until))
		return until;
	snprintf(path, sizeof path, "/proc/self/fd/%d/%s", folder, name);
	return read_text(
	    text, lgetxattr(path, FS_XATTR_UNTIL, text, sizeof text));
}
