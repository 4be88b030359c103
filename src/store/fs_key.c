#include "store/fs_private.h"

#include "core/hex.h"
#include "net/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME ".key"
#define FILE_MAX 4096
#define SECRET 32
#define SECRET_TEXT (2 * SECRET + 1) /* hex and a newline */

static bool sentence(
    const struct fs *fs, const char *what, char *wrong, size_t wrong_size)
{
	snprintf(wrong, wrong_size, "%s/%s: %s", fs->config.path, NAME, what);
	return false;
}

static bool parse_key(struct fs *fs, int fd, char *wrong, size_t wrong_size)
{
	char memory[FILE_MAX + 1];
	const char *what = NULL;
	struct stat status;
	ssize_t len;

	if (fstat(fd, &status))
		return sentence(fs, strerror(errno), wrong, wrong_size);
	if (!S_ISREG(status.st_mode))
		return sentence(fs, "is not a regular file", wrong, wrong_size);
	if (status.st_mode & S_IWOTH)
		return sentence(fs,
		    "others may write to it; make it anew, or chmod 600 it "
		    "when you know what stands in it",
		    wrong, wrong_size);
	len = input_read(fd, memory, sizeof memory);
	if (len < 0)
		what = strerror(errno);
	else if (len == 0)
		what = "is empty; remove it, and a new one is made";
	else if (len > FILE_MAX)
		what = "is too long for a key file";
	else if (keyring_read(
		     &fs->own, (struct span){ memory, (size_t)len }, &what))
		what = NULL;
	wipe(memory, sizeof memory);
	return !what || sentence(fs, what, wrong, wrong_size);
}

/* True when there is a key now, ours or that of a process which was
 * faster. */
static bool write_key(const struct fs *fs, int fd)
{
	uint8_t secret[SECRET];
	char memory[SECRET_TEXT + 1];
	struct buf text = buf_of(memory, sizeof memory);
	struct stat folder;
	bool ok = false;

	if (getrandom(secret, sizeof secret, 0) != sizeof secret)
		return false;
	hex_encode(&text, secret, sizeof secret);
	buf_char(&text, '\n');
	/* Started by root, it must not lock out the service's own user; where
	 * root may not give files away, nothing is lost. */
	if (geteuid() == 0 && !fstat(fs->folder->home, &folder))
		(void)!fchown(fd, folder.st_uid, folder.st_gid);
	if (write(fd, text.at, text.len) != (ssize_t)text.len ||
	    fs_path_sync(fd))
		goto out;
	ok = !fs_path_link(fd, fs->folder->home, NAME) || errno == EEXIST;
out:
	wipe(secret, sizeof secret);
	wipe(memory, sizeof memory);
	return ok;
}

static bool make_key(const struct fs *fs)
{
	int fd = openat(
	    fs->folder->home, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	bool ok;
	int error;

	if (fd < 0)
		return false;
	ok = write_key(fs, fd);
	error = errno;
	close(fd);
	errno = error;
	return ok;
}

bool fs_key_open(struct fs *fs, bool make, char *wrong, size_t wrong_size)
{
	struct span name = span_of(NAME);
	int fd = fs_path_open(fs->folder->home, name, O_RDONLY | O_NONBLOCK);
	bool ok;

	if (fd < 0 && errno == ENOENT && make && make_key(fs))
		fd =
		    fs_path_open(fs->folder->home, name, O_RDONLY | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT && !make)
		return sentence(fs, FS_NOT_YET, wrong, wrong_size);
	if (fd < 0)
		return sentence(fs,
		    errno == ELOOP ? "is a symbolic link" : strerror(errno),
		    wrong, wrong_size);
	ok = parse_key(fs, fd, wrong, wrong_size);
	close(fd);
	return ok;
}
