#include "store/fs_private.h"

#include "fence/fence.h"
#include "store/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* No key has a segment that begins with a dot. */
#define PROBE ".probe"

/* Some filters of system calls forbid it. */
static bool can_mincore(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char in_memory;
	void *map =
	    mmap(NULL, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool can = false;

	if (map == MAP_FAILED)
		return false;
	can = !mincore(map, page, &in_memory);
	munmap(map, page);
	return can;
}

struct fs_folder *fs_folder_new(const char *path)
{
	struct fs_folder *folder = calloc(1, sizeof *folder);

	if (!folder)
		return NULL;
	folder->path = strdup(path);
	if (!folder->path) {
		free(folder);
		return NULL;
	}
	folder->home = -1;
	folder->root = -1;
	folder->owner = geteuid();
	folder->has_mincore = can_mincore();
	/* Until it is tried. */
	folder->has_types = true;
	atomic_init(&folder->holders, 1);
	pthread_mutex_init(&folder->running_lock, NULL);
	pthread_mutex_init(&folder->room_lock, NULL);
	pthread_mutex_init(&folder->known_lock, NULL);
	return folder;
}

void fs_folder_release(struct fs_folder *folder)
{
	if (!folder || atomic_fetch_sub(&folder->holders, 1) > 1)
		return;
	if (folder->root >= 0)
		close(folder->root);
	if (folder->home >= 0)
		close(folder->home);
	pthread_mutex_destroy(&folder->running_lock);
	pthread_mutex_destroy(&folder->room_lock);
	pthread_mutex_destroy(&folder->known_lock);
	free(folder->path);
	free(folder);
}

/* Where a sentence goes, and what it is about. */
struct complaint {
	const char *path;
	const char *below; /* "" or "/files" */
	char *wrong;
	size_t size;
};

static bool complain(
    const struct complaint *complaint, const char *what, const char *words)
{
	snprintf(complaint->wrong, complaint->size, "%s%s: %s%s%s",
	    complaint->path, complaint->below, what, *words ? ": " : "", words);
	return false;
}

/* With what the system said. */
static bool complain_of(
    const struct complaint *complaint, const char *what, int error)
{
	char hint[UNIT_HINT], words[UNIT_HINT + 256];

	unit_path_hint(error, complaint->path, hint);
	snprintf(words, sizeof words, "%s%s",
	    fence_error(error, complaint->path), hint);
	return complain(complaint, what, words);
}

static bool not_opened(const struct complaint *complaint, bool make)
{
	switch (errno) {
	case ENOENT:
		if (!make)
			return complain(complaint, FS_NOT_YET, "");
		break;
	case ENOTDIR:
		return complain(complaint, "is no folder", "");
	case ELOOP:
		return complain(complaint, "is a symbolic link", "");
	case ENOSYS:
		return complain(complaint,
		    "openat2 is missing, by a Linux before 5.6 or by "
		    "RestrictSUIDSGID=",
		    strerror(errno));
	}
	return complain_of(complaint, "cannot be opened", errno);
}

/* Without leave to read it, its durability is left to the system. */
static void sync_parent(const char *path)
{
	int home = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), parent = -1;

	if (home >= 0) {
		parent = openat(home, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(home);
	}
	if (parent >= 0) {
		fs_path_sync(parent);
		close(parent);
	}
}

static bool make_home(const char *path, const struct complaint *complaint)
{
	if (mkdir(path, 0700) && errno != EEXIST)
		return complain_of(complaint, "cannot be made", errno);
	/* Also when it was there: a start that was killed may have made it. */
	sync_parent(path);
	return true;
}

bool fs_make(const char *path, char *wrong, size_t wrong_size)
{
	const struct complaint home = { path, "", wrong, wrong_size };

	return make_home(path, &home);
}

static bool open_home(
    struct fs_folder *folder, bool make, const struct complaint *complaint)
{
	struct stat home;

	if (make && !make_home(folder->path, complaint))
		return false;
	folder->home = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder->home < 0)
		return not_opened(complaint, make);
	/* A command that root runs must not lock out the service's own user. */
	folder->gives = !make && geteuid() == 0 &&
			!fstat(folder->home, &home) && home.st_uid != 0;
	folder->heir = folder->gives ? home.st_uid : 0;
	folder->heirs = folder->gives ? home.st_gid : 0;
	return true;
}

static bool open_root(
    struct fs_folder *folder, bool make, const struct complaint *complaint)
{
	bool made = make && !mkdirat(folder->home, FS_FILES, 0700);
	struct stat home;

	if (make && !made && errno != EEXIST)
		return complain_of(complaint, "cannot be made", errno);
	folder->root = fs_path_open(
	    folder->home, span_of(FS_FILES), O_RDONLY | O_DIRECTORY);
	if (folder->root < 0)
		return not_opened(complaint, make);
	if (!made)
		return true;
	/* Started by root, it must not lock out the service's own user. */
	if (geteuid() == 0 && !fstat(folder->home, &home))
		(void)!fchown(folder->root, home.st_uid, home.st_gid);
	return true;
}

/* The longest name that a key may need. Some file systems (eCryptfs: 143
 * bytes) would refuse it only when the whole upload is there. */
static bool probe_name(
    struct fs_folder *folder, int fd, const struct complaint *complaint)
{
	char name[FS_SEGMENT_MAX + 1], words[64];
	long max;

	memset(name, 'x', FS_SEGMENT_MAX);
	memcpy(name, PROBE, strlen(PROBE));
	name[FS_SEGMENT_MAX] = '\0';
	if (!fs_path_link(fd, folder->root, name) || errno == EEXIST) {
		unlinkat(folder->root, name, 0);
		return true;
	}
	if (errno != ENAMETOOLONG && errno != EINVAL)
		return complain(complaint,
		    "a finished file cannot be linked into place (is /proc "
		    "mounted?)",
		    strerror(errno));
	max = fpathconf(folder->root, _PC_NAME_MAX);
	*words = '\0';
	if (max > 0 && max < FS_SEGMENT_MAX)
		snprintf(words, sizeof words, "it ends them at %ld", max);
	return complain(complaint,
	    "this file system takes no file names of 255 bytes, as uploads "
	    "may need; use ext4, XFS, btrfs or tmpfs",
	    words);
}

/* Tries on a nameless file all that an upload will need. */
static bool probe(struct fs_folder *folder, const struct complaint *complaint)
{
	int fd =
	    openat(folder->root, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0 &&
	    (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		return complain(complaint,
		    "this file system has no O_TMPFILE; use ext4, XFS, btrfs "
		    "or tmpfs",
		    "");
	if (fd < 0)
		return complain_of(
		    complaint, "files cannot be made in it", errno);
	folder->has_types = !fsetxattr(fd, FS_XATTR_TYPE, "a/b", 3, 0);
	ok = probe_name(folder, fd, complaint);
	close(fd);
	return ok;
}

bool fs_folder_open(
    struct fs_folder *folder, bool make, char *wrong, size_t wrong_size)
{
	const struct complaint home = { folder->path, "", wrong, wrong_size };
	const struct complaint root = { folder->path, "/" FS_FILES, wrong,
		wrong_size };

	return open_home(folder, make, &home) &&
	       open_root(folder, make, &root) &&
	       (!make || probe(folder, &root));
}
