#include "store/fs_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/*
 * Whether the disk takes uploads. What costs nothing is looked at each time.
 * Making a file, which is what really tells, makes the disk write: that is
 * tried now and then, after an upload has failed, and while something is
 * wrong.
 */

#define LOOKS_PER_TRY 60

static const struct store_fault read_only = { FAILURE_UNAVAILABLE,
	"the disk is read-only" };
static const struct store_fault gone = { FAILURE_UNAVAILABLE,
	"the folder was removed" };
static const struct store_fault forbidden = { FAILURE_UNAVAILABLE,
	"the folder cannot be written any more: permission denied" };
static const struct store_fault failing = { FAILURE_UNAVAILABLE,
	"the disk fails: no file can be made" };
static const struct store_fault full = { FAILURE_INSUFFICIENT_STORAGE,
	"the disk or its quota is full" };

const struct store_fault *fs_disk_fault(const struct store *store)
{
	return atomic_load(&((const struct fs *)store)->folder->fault);
}

void fs_disk_suspect(struct fs *fs, enum failure failure)
{
	if (failure == FAILURE_INTERNAL || failure == FAILURE_UNAVAILABLE ||
	    failure == FAILURE_INSUFFICIENT_STORAGE)
		atomic_store(&fs->folder->suspect, true);
}

/* NULL also for what does not last, such as too many open files. */
static const struct store_fault *of_error(int error)
{
	switch (error) {
	case EROFS:
		return &read_only;
	case ENOENT:
		return &gone;
	case EACCES:
	case EPERM:
		return &forbidden;
	case ENOSPC:
	case EDQUOT:
		return &full;
	case EIO:
	case ENODEV:
	case ENXIO:
	case ESTALE:
		return &failing;
	default:
		return NULL;
	}
}

static const struct store_fault *look(int root)
{
	struct statvfs disk;
	struct stat status;

	if (fstatvfs(root, &disk) || fstat(root, &status))
		return of_error(errno);
	if (disk.f_flag & ST_RDONLY)
		return &read_only;
	return status.st_nlink ? NULL : &gone;
}

static const struct store_fault *try(int root)
{
	int fd = openat(root, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0)
		return of_error(errno);
	close(fd);
	return NULL;
}

const struct store_fault *fs_disk_look(struct store *store)
{
	struct fs_folder *folder = ((struct fs *)store)->folder;
	const struct store_fault *fault = look(folder->root);
	bool suspect = atomic_exchange(&folder->suspect, false);

	if (!fault && (suspect || fs_disk_fault(store) ||
			  ++folder->looks % LOOKS_PER_TRY == 0))
		fault = try(folder->root);
	atomic_store(&folder->fault, fault);
	return fault;
}
