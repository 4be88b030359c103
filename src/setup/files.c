#include "setup/files.h"

#include "core/span.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define USER "slotd"
#define PLAIN CHARS_ALNUM "/._-+@:,="

static void find_group(struct files *files)
{
	struct passwd memory, *user = NULL;
	char strings[4096];

	if (geteuid() != 0 ||
	    getpwnam_r(USER, &memory, strings, sizeof strings, &user) || !user)
		return;
	files->has_group = true;
	files->group = user->pw_gid;
}

static bool give(const struct files *files, int fd, mode_t mode, mode_t shared)
{
	if (!files->has_group)
		return !fchmod(fd, mode);
	return !fchown(fd, (uid_t)-1, files->group) && !fchmod(fd, shared);
}

/* Whoever may write above a new folder could put a link in its place, and what
 * that leads to would be given to the group. A slash at the end would follow
 * it. */
static int open_new(struct files *files, const char *folder)
{
	size_t len = strlen(folder);

	while (len > 1 && folder[len - 1] == '/')
		len--;
	snprintf(files->folder, sizeof files->folder, "%.*s", (int)len, folder);
	return open(
	    files->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool open_folder(struct files *files, const char *folder)
{
	const struct chars plain = chars_of(PLAIN);

	files->made = !mkdir(folder, 0700);
	if (!files->made && errno != EEXIST)
		return false;
	files->fd = files->made
			? open_new(files, folder)
			: open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (files->fd < 0 || !realpath(folder, files->folder))
		return false;
	errno = EINVAL;
	return span_only(span_of(files->folder), &plain) &&
	       (!files->made || give(files, files->fd, 0700, 0750));
}

bool files_open(struct files *files, const char *folder, const char **ret_wrong)
{
	*files = (struct files){ .fd = -1 };
	find_group(files);
	if (open_folder(files, folder))
		return true;
	*ret_wrong = errno == EINVAL
			 ? "its path must have letters, digits and /._-+@:,= "
			   "only"
			 : strerror(errno);
	if (files->made)
		rmdir(folder);
	if (files->fd >= 0)
		close(files->fd);
	return false;
}

bool files_has(const struct files *files, const char *name)
{
	struct stat status;

	return !fstatat(files->fd, name, &status, AT_SYMLINK_NOFOLLOW);
}

static bool fill(const struct files *files, int fd, const char *text)
{
	struct span left = span_of(text);
	ssize_t written;

	if (!give(files, fd, 0600, 0640))
		return false;
	while (left.len) {
		written = write(fd, left.at, left.len);
		if (written <= 0)
			return false;
		left = span_from(left, (size_t)written);
	}
	return true;
}

bool files_add(struct files *files, const char *name, const char *text)
{
	const int fd = openat(files->fd, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool ok;
	int error;

	if (fd < 0)
		return false;
	ok = fill(files, fd, text);
	error = errno;
	/* File systems over a network tell it last. */
	if (close(fd) && ok) {
		ok = false;
		error = errno;
	}
	if (ok)
		files->names[files->count++] = name;
	else
		unlinkat(files->fd, name, 0);
	errno = error;
	return ok;
}

void files_keep(struct files *files)
{
	close(files->fd);
}

void files_undo(struct files *files)
{
	while (files->count)
		unlinkat(files->fd, files->names[--files->count], 0);
	close(files->fd);
	if (files->made)
		rmdir(files->folder);
}
