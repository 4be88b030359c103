#include "store/fs_private.h"

#include "net/fetch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A key of 1024 bytes has no more folders. */
#define DEPTH_MAX (FS_KEY_MAX / 2)

struct listing {
	const struct store_walk *walk;
	struct buf *why;
	struct buf key; /* of the folder or file that is looked at */
	bool ended;     /* nobody wants to hear more */
	enum failure failure;
};

/* One entry of a folder. A folder's name has a slash at its end, so that it
 * sorts as the keys below it. */
struct entry {
	char *name;
	bool folder;
};

struct entries {
	size_t count;
	size_t size; /* allocated */
	struct entry *list;
};

static enum failure fail(
    struct listing *listing, enum failure failure, const char *why)
{
	buf_reset(listing->why);
	if (listing->key.len) {
		buf_add(listing->why, buf_span(&listing->key));
		buf_text(listing->why, ": ");
	}
	buf_text(listing->why, why);
	listing->failure = failure;
	listing->ended = true;
	return failure;
}

static void fail_with(struct listing *listing, int error)
{
	fail(listing,
	    error == EACCES || error == EPERM ? FAILURE_FORBIDDEN
					      : FAILURE_INTERNAL,
	    error == EACCES || error == EPERM
		? "this user may not read it: run this as the service's user"
		: strerror(error));
}

/* --- the entries of a folder ----------------------------------------------*/

static int compare(const void *a, const void *b)
{
	return strcmp(
	    ((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static void drop(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		free(entries->list[i].name);
	free(entries->list);
}

static bool add(struct entries *entries, const char *name, bool folder)
{
	struct entry entry = { .folder = folder };

	if (entries->count == entries->size) {
		size_t size = entries->size ? 2 * entries->size : 64;
		struct entry *list =
		    reallocarray(entries->list, size, sizeof *list);

		if (!list)
			return false;
		entries->list = list;
		entries->size = size;
	}
	if (asprintf(&entry.name, "%s%s", name, folder ? "/" : "") < 0)
		return false;
	entries->list[entries->count++] = entry;
	return true;
}

/* Whether it is a file or a folder of the store, and which. */
static bool is_ours(int folder, const struct dirent *entry, bool *ret_folder)
{
	struct stat status;
	unsigned char type = entry->d_type;

	if (entry->d_name[0] == '.')
		return false;
	/* If this fails, so does the fstatat of tell, which reports it. */
	if (type == DT_UNKNOWN)
		type =
		    fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW)
			? DT_REG
		    : S_ISDIR(status.st_mode) ? DT_DIR
		    : S_ISREG(status.st_mode) ? DT_REG
					      : DT_UNKNOWN;
	*ret_folder = type == DT_DIR;
	return type == DT_DIR || type == DT_REG;
}

/* Whether keys that begin with the folder's and this name, or the key itself,
 * may have the walk's prefix. */
static bool may_fit(const struct listing *listing, const char *name)
{
	const struct span wanted = listing->walk->prefix;
	const struct span have = buf_span(&listing->key), last = span_of(name);
	const struct span rest = span_from(wanted, have.len);
	const size_t len = rest.len < last.len ? rest.len : last.len;

	return span_equal(span_first(have, wanted.len),
		   span_first(wanted, have.len)) &&
	       span_equal(span_first(rest, len), span_first(last, len));
}

static bool read_entries(
    struct listing *listing, DIR *list, struct entries *ret_entries)
{
	const struct dirent *entry;
	bool folder, failed = false;

	while ((entry = fs_path_next(list, &failed))) {
		if (!is_ours(dirfd(list), entry, &folder) ||
		    fs_path_lost(entry->d_name, (unsigned)listing->key.len) ||
		    !may_fit(listing, entry->d_name))
			continue;
		if (!add(ret_entries, entry->d_name, folder)) {
			fail(listing, FAILURE_INTERNAL, "out of memory");
			return false;
		}
	}
	if (failed)
		fail_with(listing, errno);
	if (ret_entries->count)
		qsort(ret_entries->list, ret_entries->count,
		    sizeof *ret_entries->list, compare);
	return !listing->ended;
}

/* --- walking --------------------------------------------------------------*/

static void walk_folder(struct listing *listing, int folder, unsigned depth);

static void tell(struct listing *listing, int folder, const char *name)
{
	struct store_object object = { .key = buf_span(&listing->key) };
	struct stat status;

	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW)) {
		/* It may have gone meanwhile. */
		if (errno != ENOENT)
			fail_with(listing, errno);
		return;
	}
	if (!S_ISREG(status.st_mode))
		return;
	object.size = (uint64_t)status.st_size;
	object.modified = status.st_mtime;
	if (!listing->walk->each(listing->walk->of, &object))
		listing->ended = true;
}

static void enter(
    struct listing *listing, int folder, char *name, unsigned depth)
{
	int child;

	name[strlen(name) - 1] = '\0';
	child = openat(folder, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (child >= 0)
		walk_folder(listing, child, depth + 1);
	else if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
		fail_with(listing, errno);
}

static void walk_entry(struct listing *listing, int folder,
    const struct entry *entry, unsigned depth)
{
	const struct buf before = listing->key;

	if (listing->walk->stop >= 0 && fetch_stopped(listing->walk->stop)) {
		fail(listing, FAILURE_UNAVAILABLE, "interrupted");
		return;
	}
	buf_text(&listing->key, entry->name);
	if (buf_ok(&listing->key) && entry->folder && depth < DEPTH_MAX)
		enter(listing, folder, entry->name, depth);
	else if (buf_ok(&listing->key) && !entry->folder &&
		 span_equal(span_first(buf_span(&listing->key),
				listing->walk->prefix.len),
		     listing->walk->prefix))
		tell(listing, folder, entry->name);
	listing->key = before;
	listing->key.at[listing->key.len] = '\0';
}

/* Takes the descriptor. */
static void walk_folder(struct listing *listing, int folder, unsigned depth)
{
	DIR *list = fdopendir(folder);
	struct entries entries = { 0 };

	if (!list) {
		fail_with(listing, errno);
		close(folder);
		return;
	}
	if (read_entries(listing, list, &entries))
		for (size_t i = 0; i < entries.count && !listing->ended; i++)
			walk_entry(listing, folder, &entries.list[i], depth);
	drop(&entries);
	closedir(list);
}

enum failure fs_list(
    struct store *store, const struct store_walk *walk, struct buf *why)
{
	const struct fs *fs = (const struct fs *)store;
	struct listing listing = { .walk = walk, .why = why };
	char memory[FS_KEY_MAX + 1];
	int folder;

	buf_init(&listing.key, memory, sizeof memory);
	if (fs->folder->root < 0)
		return fail(&listing, FAILURE_UNAVAILABLE,
		    store->lack ? store->lack : "its folder is missing");
	folder = fs_path_open(
	    fs->folder->root, span_of("."), O_RDONLY | O_DIRECTORY);
	if (folder < 0)
		fail_with(&listing, errno);
	else
		walk_folder(&listing, folder, 0);
	return listing.failure;
}

/* --- removing -------------------------------------------------------------*/

/* The folder of a key or of a folder; "." for the first. */
static struct span cut_last(struct span *key)
{
	const size_t slash = span_find_last(*key, '/');
	const struct span whole = *key;

	if (slash == whole.len) {
		*key = span_of(".");
		return whole;
	}
	*key = span_first(whole, slash);
	return span_from(whole, slash + 1);
}

/* 0, or errno. */
static int unlink_at(
    const struct fs *fs, struct span folder, struct span last, int flags)
{
	char memory[FS_SEGMENT_MAX + 1];
	struct buf name = buf_of(memory, sizeof memory);
	int fd = fs_path_open(fs->folder->root, folder, O_RDONLY | O_DIRECTORY);
	int error;

	if (fd < 0)
		return errno;
	buf_add(&name, last);
	error = unlinkat(fd, name.at, flags) ? errno : 0;
	close(fd);
	return error;
}

enum failure fs_remove(struct store *store, struct span key, int64_t now,
    int stop, struct buf *why)
{
	const struct fs *fs = (const struct fs *)store;
	struct span folder = key, last;
	int error;

	(void)now;
	(void)stop;
	if (!fs_path_valid(key))
		return FAILURE_NONE;
	last = cut_last(&folder);
	error = unlink_at(fs, folder, last, 0);
	if (error && error != ENOENT && error != ENOTDIR && error != EISDIR) {
		buf_reset(why);
		buf_text(
		    why, error == EACCES || error == EPERM
			     ? "this user may not remove it: run this as the "
			       "service's user"
			     : strerror(error));
		return error == EACCES || error == EPERM ? FAILURE_FORBIDDEN
							 : FAILURE_INTERNAL;
	}
	/* An upload may be about to link into one of them: then it makes the
	 * folder again. */
	while (!span_is(folder, ".")) {
		last = cut_last(&folder);
		if (unlink_at(fs, folder, last, AT_REMOVEDIR))
			break;
	}
	return FAILURE_NONE;
}

/* Not each folder from which something was removed, of which some are gone
 * themselves: a command that was killed has removed files, too. */
enum failure fs_settle(struct store *store, struct buf *why)
{
	const struct fs *fs = (const struct fs *)store;
	const int fd = fs_path_open(
	    fs->folder->root, span_of("."), O_RDONLY | O_DIRECTORY);
	const int error = fd < 0 || syncfs(fd) ? errno : 0;

	buf_reset(why);
	if (fd >= 0)
		close(fd);
	if (!error)
		return FAILURE_NONE;
	buf_text(why, strerror(error));
	return FAILURE_INTERNAL;
}
