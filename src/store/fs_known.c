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

/* Files that are stored one after the other have numbers in a row. */
static struct fs_known *entry_of(
    struct fs_folder *folder, const struct stat *status)
{
	return &folder->known[status->st_ino % FS_KNOWN_FILES];
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
	const struct fs_known *known = entry_of(folder, status);
	bool found;

	pthread_mutex_lock(&folder->known_lock);
	found = same(known, status);
	if (found)
		*ret_attributes = known->attributes;
	pthread_mutex_unlock(&folder->known_lock);
	return found;
}

void fs_known_put(struct fs_folder *folder, const struct stat *status,
    const struct fs_attributes *attributes)
{
	struct fs_known *known = entry_of(folder, status);

	pthread_mutex_lock(&folder->known_lock);
	*known = (struct fs_known){
		.device = status->st_dev,
		.number = status->st_ino,
		.changed = status->st_ctim,
		.attributes = *attributes,
	};
	pthread_mutex_unlock(&folder->known_lock);
}
