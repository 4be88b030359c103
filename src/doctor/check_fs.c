#include "doctor/private.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum verdict check_folder(struct doctor *doctor)
{
	const char *path = doctor->storage->folder->path;
	struct stat status;
	long longest;

	if (stat(path, &status) != 0) {
		seen(doctor, "%s: %s", path, strerror(errno));
		change(doctor,
		    "slotd creates the folder when it starts, if the parent "
		    "folder exists and is writable. To create it now:\n   "
		    "install -d -m 700 -o slotd %s\n",
		    path);
		return errno == ENOENT ? VERDICT_WARNING : VERDICT_FAILURE;
	}
	if (!S_ISDIR(status.st_mode)) {
		change(doctor, "Set path to a folder that only slotd uses.\n");
		return seen_failure(doctor, "%s is not a folder", path);
	}
	if (access(path, R_OK | W_OK | X_OK) != 0) {
		bool read_only = errno == EROFS;

		seen(doctor, "%s is not writable: %s", path, strerror(errno));
		if (read_only) {
			change(doctor,
			    "`dmesg` says why the disk became read-only. After "
			    "the repair: mount -o remount,rw\n");
			return VERDICT_FAILURE;
		}
		change(doctor,
		    "Run slotd doctor as the service's user. If you did: chown "
		    "slotd %s\n",
		    path);
		return VERDICT_FAILURE;
	}
	longest = pathconf(path, _PC_NAME_MAX);
	if (longest > 0 && longest < FS_SEGMENT_MAX) {
		change(doctor,
		    "slotd does not start there, because its file names can "
		    "have %d bytes. Use ext4, XFS, btrfs or tmpfs.\n",
		    FS_SEGMENT_MAX);
		return seen_failure(doctor,
		    "%s: file names there can have only %ld bytes", path,
		    longest);
	}
	return seen_ok(doctor, "%s is writable", path);
}

enum verdict check_room(struct doctor *doctor)
{
	const struct fs_config *fs = doctor->storage->folder;
	struct statvfs room;
	uint64_t free_bytes, least;

	if (statvfs(fs->path, &room) != 0)
		return VERDICT_SKIPPED;
	free_bytes = (uint64_t)room.f_bavail * room.f_frsize;
	least = fs->min_free_bytes;
	if (fs->min_free_percent)
		least = (uint64_t)room.f_blocks * room.f_frsize / 100 *
			fs->min_free_percent;
	seen(doctor, "%llu MiB free, of which min_free reserves %llu MiB",
	    (unsigned long long)(free_bytes >> 20),
	    (unsigned long long)(least >> 20));
	if (free_bytes <= least) {
		change(doctor,
		    "slotd issues no slots until there is room: set "
		    "policy.keep, use a larger disk, or lower min_free.\n");
		return VERDICT_FAILURE;
	}
	if (free_bytes - least < doctor->conf->policy.max_size) {
		change(doctor,
		    "A single file of max_size (%llu MiB) does not fit. Free "
		    "some space, or lower max_size.\n",
		    (unsigned long long)(doctor->conf->policy.max_size >> 20));
		return VERDICT_WARNING;
	}
	return VERDICT_OK;
}
