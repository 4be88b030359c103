#include "store/fs_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

/* How often the sweeper may remove a folder that was just made for us. */
#define LINK_TRIES 16

struct fs_upload {
	struct store_upload upload;
	struct fs *fs;
	struct fs_upload *next; /* in its list of fs->folder->running */
	int fd;
	uint64_t size;
	uint64_t written;
	bool owed; /* size - written stands in fs->folder->owed */
	size_t key_len;
	char key[FS_KEY_MAX];
};

static struct span upload_key(const struct fs_upload *upload)
{
	return (struct span){ upload->key, upload->key_len };
}

/* Only genuine tokens come this far: nobody can choose keys that fall into one
 * list. */
static struct fs_upload **list_of(struct fs *fs, struct span key)
{
	return &fs->folder
		    ->running[span_hash(SPAN_HASH, key) % FS_RUNNING_LISTS];
}

/* False when another upload to the key runs. */
static bool enter(struct fs_upload *upload)
{
	struct fs *fs = upload->fs;
	struct fs_upload **list = list_of(fs, upload_key(upload));
	struct fs_upload *other;

	pthread_mutex_lock(&fs->folder->running_lock);
	for (other = *list; other; other = other->next)
		if (span_equal(upload_key(other), upload_key(upload)))
			break;
	if (!other) {
		upload->next = *list;
		*list = upload;
	}
	pthread_mutex_unlock(&fs->folder->running_lock);
	return !other;
}

static void leave(struct fs_upload *upload)
{
	struct fs *fs = upload->fs;
	struct fs_upload **at = list_of(fs, upload_key(upload));

	pthread_mutex_lock(&fs->folder->running_lock);
	while (*at != upload)
		at = &(*at)->next;
	*at = upload->next;
	pthread_mutex_unlock(&fs->folder->running_lock);
}

bool fs_upload_runs(
    struct fs *fs, bool (*is)(void *argument, struct span key), void *argument)
{
	bool found = false;

	pthread_mutex_lock(&fs->folder->running_lock);
	for (size_t i = 0; i < FS_RUNNING_LISTS && !found; i++)
		for (const struct fs_upload *upload = fs->folder->running[i];
		     upload && !found; upload = upload->next)
			found = is(argument, upload_key(upload));
	pthread_mutex_unlock(&fs->folder->running_lock);
	return found;
}

static void drop(struct fs_upload *upload)
{
	if (upload->fd >= 0)
		close(upload->fd);
	if (upload->owed)
		atomic_fetch_sub(
		    &upload->fs->folder->owed, upload->size - upload->written);
	leave(upload);
	free(upload);
}

void fs_upload_abort(struct store_upload *upload)
{
	drop((struct fs_upload *)upload);
}

/* What to say when the way to a key is not as it should be. */
static enum failure way_failure(int error, struct refusal *why)
{
	if (error == ELOOP || error == ENOTDIR)
		return failure_reason(FAILURE_ALREADY_EXISTS,
		    "a link or a file stands in a folder's place", why);
	return fs_room_failure(error, "a folder cannot be made or synced", why);
}

static enum failure check_absent(
    const struct fs *fs, struct span key, struct refusal *why)
{
	int fd = fs_path_open(fs->folder->root, key, O_PATH | O_NOFOLLOW);

	if (fd >= 0) {
		close(fd);
		return FAILURE_ALREADY_EXISTS;
	}
	return errno == ENOENT ? FAILURE_NONE : way_failure(errno, why);
}

/* Whatever the type says is lost when the file system has no attributes:
 * fs_file_open then goes by the ending. */
static enum failure set_type(
    const struct fs *fs, int fd, struct span type, struct refusal *why)
{
	if (!fs->folder->has_types || !type.len ||
	    !fsetxattr(fd, FS_XATTR_TYPE, type.at, type.len, 0) ||
	    errno == EOPNOTSUPP)
		return FAILURE_NONE;
	return fs_room_failure(errno, "the media type cannot be stored", why);
}

static enum failure begin(struct fs_upload *upload,
    const struct store_request *request, struct refusal *why)
{
	struct fs *fs = upload->fs;
	enum failure failure = check_absent(fs, upload_key(upload), why);

	if (failure)
		return failure;
	upload->fd = openat(
	    fs->folder->root, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (upload->fd < 0)
		return fs_room_failure(errno, "no file can be made", why);
	fs_path_give(fs->folder, upload->fd);
	failure = set_type(fs, upload->fd, request->type, why);
	if (!failure)
		failure = fs_until_write(fs, upload->fd,
		    request->note_until ? request->until : 0, why);
	if (failure)
		return failure;
	return fs_room_reserve(
	    fs, upload->fd, upload->size, &upload->owed, why);
}

enum failure fs_upload_open(struct store *store,
    const struct store_request *request, struct store_upload **ret_upload,
    struct refusal *why)
{
	struct fs *fs = (struct fs *)store;
	const struct store_fault *fault = fs_disk_fault(store);
	const struct span key = request->key;
	struct fs_upload *upload;
	enum failure failure;

	if (fault)
		return failure_reason(fault->failure, fault->reason, why);
	if (!fs_path_valid(key))
		return failure_reason(
		    FAILURE_INTERNAL, "the key is no path in the store", why);
	upload = calloc(1, sizeof *upload);
	if (!upload)
		return failure_reason(
		    FAILURE_UNAVAILABLE, "out of memory", why);
	upload->upload.store = store;
	upload->fs = fs;
	upload->fd = -1;
	upload->size = request->size;
	upload->key_len = key.len;
	memcpy(upload->key, key.at, key.len);
	if (!enter(upload)) {
		free(upload);
		return FAILURE_ALREADY_EXISTS;
	}
	failure = begin(upload, request, why);
	fs_disk_suspect(fs, failure);
	if (failure)
		drop(upload);
	else
		*ret_upload = &upload->upload;
	return failure;
}

enum failure fs_upload_write(
    struct store_upload *of, const void *bytes, size_t len, struct refusal *why)
{
	struct fs_upload *upload = (struct fs_upload *)of;
	const char *at = bytes;
	enum failure failure;

	if (len > upload->size - upload->written)
		return FAILURE_LENGTH_MISMATCH;
	while (len) {
		ssize_t done = write(upload->fd, at, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			failure = fs_room_failure(done ? errno : EIO,
			    "the disk takes no more bytes", why);
			fs_disk_suspect(upload->fs, failure);
			return failure;
		}
		at += done;
		len -= (size_t)done;
		upload->written += (uint64_t)done;
		if (upload->owed)
			atomic_fetch_sub(
			    &upload->fs->folder->owed, (uint64_t)done);
	}
	return FAILURE_NONE;
}

/* Links the synced file into its folder. *ret_error is ENOENT when the folder
 * was removed under our hands. */
static enum failure link_once(
    struct fs_upload *upload, int *ret_error, struct refusal *why)
{
	struct fs_folder *store = upload->fs->folder;
	struct fs_way way;
	enum failure failure = FAILURE_NONE;

	if (!fs_way_open(store, store->root, upload_key(upload), &way)) {
		*ret_error = errno;
		return way_failure(*ret_error, why);
	}
	if (fs_path_link(upload->fd, way.folder, way.name)) {
		*ret_error = errno;
		failure = *ret_error == EEXIST
			      ? FAILURE_ALREADY_EXISTS
			      : fs_room_failure(*ret_error,
				    "the file cannot be linked", why);
	} else if (!fs_way_sync(&way)) {
		*ret_error = errno;
		failure = fs_room_failure(
		    *ret_error, "a folder cannot be synced", why);
		/* What was not promised shall not be found either. */
		unlinkat(way.folder, way.name, 0);
	}
	fs_way_close(&way);
	return failure;
}

/* Most files are fetched soon: file_open then need not wait. */
static void learn(const struct fs_upload *upload)
{
	struct fs_attributes attributes;
	struct stat status;

	if (fstat(upload->fd, &status))
		return;
	fs_known_read(upload->fd, &attributes);
	fs_known_put(upload->fs->folder, &status, &attributes);
}

enum failure fs_upload_commit(struct store_upload *of, struct refusal *why)
{
	struct fs_upload *upload = (struct fs_upload *)of;
	enum failure failure = FAILURE_NONE;
	int error = ENOENT;

	if (upload->written != upload->size)
		failure = FAILURE_LENGTH_MISMATCH;
	else if (fs_path_sync(upload->fd))
		failure =
		    fs_room_failure(errno, "the file cannot be synced", why);
	if (!failure) {
		for (int i = 0; i < LINK_TRIES && error == ENOENT; i++) {
			error = 0;
			failure = link_once(upload, &error, why);
		}
	}
	if (!failure)
		learn(upload);
	fs_disk_suspect(upload->fs, failure);
	drop(upload);
	return failure;
}
