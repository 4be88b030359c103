#include "store/fs_private.h"

#include <string.h>
#include <sys/xattr.h>

/* Which file an entry is about, and of when: every change of an attribute moves
 * st_ctim. */
static bool same(const struct fs_known *known, const struct stat *status)
{
	return known->number == status->st_ino &&
	       known->device == status->st_dev &&
	       known->changed.tv_sec == status->st_ctim.tv_sec &&
	       known->changed.tv_nsec == status->st_ctim.tv_nsec;
}

/* Files that are stored one after the other have numbers in a row, or, where
 * others were removed, at all kinds of distances, which may be even. The
 * multiplier, of the golden ratio, spreads both over the rows. */
static struct fs_known *row_of(
    struct fs_folder *folder, const struct stat *status)
{
	const uint64_t spread = status->st_ino * UINT64_C(0x9e3779b97f4a7c15);

	return folder->known[(spread >> 32) % FS_KNOWN_ROWS];
}

/* The entry that is given up for a new one: the file's own, or the oldest. */
static struct fs_known *replaced(
    struct fs_known *row, const struct stat *status)
{
	struct fs_known *found = row;

	for (size_t i = 0; i < FS_KNOWN_FILES; i++) {
		if (row[i].number == status->st_ino &&
		    row[i].device == status->st_dev)
			return &row[i];
		if (row[i].order < found->order)
			found = &row[i];
	}
	return found;
}

void fs_known_read(int fd, struct fs_attributes *ret_attributes)
{
	char stored[MEDIA_TYPE_MAX];
	ssize_t len = fgetxattr(fd, FS_XATTR_TYPE, stored, sizeof stored);
	struct span type = { stored, len > 0 ? (size_t)len : 0 };

	if (!media_type_valid(type))
		type.len = 0;
	memcpy(ret_attributes->type, type.at, type.len);
	ret_attributes->type[type.len] = '\0';
	ret_attributes->until = fs_until_read(fd);
}

bool fs_known_get(struct fs_folder *folder, const struct stat *status,
    struct fs_attributes *ret_attributes)
{
	const struct fs_known *row = row_of(folder, status);
	bool found = false;

	pthread_mutex_lock(&folder->known_lock);
	for (size_t i = 0; i < FS_KNOWN_FILES && !found; i++) {
		found = same(&row[i], status);
		if (found)
			*ret_attributes = row[i].attributes;
	}
	pthread_mutex_unlock(&folder->known_lock);
	return found;
}

void fs_known_put(struct fs_folder *folder, const struct stat *status,
    const struct fs_attributes *attributes)
{
	struct fs_known *row = row_of(folder, status);

	pthread_mutex_lock(&folder->known_lock);
	*replaced(row, status) = (struct fs_known){
		.device = status->st_dev,
		.number = status->st_ino,
		.changed = status->st_ctim,
		.order = ++folder->known_count,
		.attributes = *attributes,
	};
	pthread_mutex_unlock(&folder->known_lock);
}
