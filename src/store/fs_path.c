#include "store/fs_private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

bool fs_path_valid(struct span key)
{
	struct span rest = key;

	if (key.len < 1 || key.len > FS_KEY_MAX ||
	    span_find(key, '\0') < key.len)
		return false;
	while (rest.at) {
		struct span segment = span_cut(&rest, '/');

		if (segment.len < 1 || segment.len > FS_SEGMENT_MAX ||
		    segment.at[0] == '.')
			return false;
	}
	return true;
}

static int open_beneath(
    int folder, struct span path, int flags, uint64_t resolve)
{
	char text[FS_KEY_MAX + 1];
	struct open_how how = {
		.flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
		.resolve = resolve | RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	if (path.len > FS_KEY_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(text, path.at, path.len);
	text[path.len] = '\0';
	do {
		fd = syscall(SYS_openat2, folder, text, &how, sizeof how);
	} while (fd < 0 && errno == EINTR);
	return (int)fd;
}

int fs_path_open(int folder, struct span path, int flags)
{
	return open_beneath(folder, path, flags, 0);
}

int fs_path_open_now(int folder, struct span path, int flags)
{
	return open_beneath(folder, path, flags, RESOLVE_CACHED);
}

const struct dirent *fs_path_next(DIR *entries, bool *ret_failed)
{
	const struct dirent *entry;

	errno = 0;
	entry = readdir(entries);
	if (!entry && errno)
		*ret_failed = true;
	return entry;
}

bool fs_path_lost(const char *name, unsigned depth)
{
	return depth == 0 && strcmp(name, "lost+found") == 0;
}

int fs_path_link(int fd, int folder, const char *name)
{
	char self[32];

	/* AT_EMPTY_PATH would need CAP_DAC_READ_SEARCH. */
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, folder, name, AT_SYMLINK_FOLLOW);
}

void fs_path_give(const struct fs_folder *folder, int fd)
{
	if (folder->gives)
		(void)!fchown(fd, folder->heir, folder->heirs);
}

int fs_path_sync(int fd)
{
	int result;

	do {
		result = fsync(fd);
	} while (result && errno == EINTR);
	return result;
}
