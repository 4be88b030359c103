#include "store/fs_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/*
 * The folders that a key lies in. They are synced when the file is linked, all
 * in a row: a journal then writes once what it would write for each, and nobody
 * is told of the file before.
 *
 * The entry of a folder that is there already may be another upload's work of
 * this moment, so it is synced as well, or that upload's crash could take our
 * file along; but once is enough. What is remembered is the folder itself and
 * not its name, since another process may remove it and make it anew.
 */

static bool same(const struct fs_born *a, const struct fs_born *b)
{
	return a->number == b->number && a->device == b->device &&
	       a->seconds == b->seconds && a->nanoseconds == b->nanoseconds;
}

/* All zeros where the file system does not say when a folder was made. */
static struct fs_born born_of(int folder)
{
	const unsigned wanted = STATX_INO | STATX_BTIME;
	struct statx found;

	if (statx(folder, "", AT_EMPTY_PATH, wanted, &found) ||
	    (found.stx_mask & wanted) != wanted)
		return (struct fs_born){ 0 };
	return (struct fs_born){
		.device =
		    (uint64_t)found.stx_dev_major << 32 | found.stx_dev_minor,
		.number = found.stx_ino,
		.seconds = found.stx_btime.tv_sec,
		.nanoseconds = found.stx_btime.tv_nsec,
	};
}

static struct fs_born *entry_of(
    struct fs_folder *store, const struct fs_born *born)
{
	return &store->synced[born->number % FS_SYNCED_FOLDERS];
}

static bool is_synced(struct fs_folder *store, const struct fs_born *born)
{
	bool synced;

	pthread_mutex_lock(&store->known_lock);
	synced = born->number && same(entry_of(store, born), born);
	pthread_mutex_unlock(&store->known_lock);
	return synced;
}

static void remember(struct fs_folder *store, const struct fs_born *born)
{
	pthread_mutex_lock(&store->known_lock);
	if (born->number)
		*entry_of(store, born) = *born;
	pthread_mutex_unlock(&store->known_lock);
}

static void close_parent(const struct fs_way *way, int parent)
{
	if (parent != way->root)
		close(parent);
}

/* The entry of a folder is to be synced in its parent, which is taken. On a way
 * that is very long that is done here. */
static bool sync_later(
    struct fs_way *way, int parent, const struct fs_born *folder)
{
	bool done;

	if (way->count < FS_WAY_MAX) {
		way->steps[way->count++] = (struct fs_step){ parent, *folder };
		return true;
	}
	done = !fs_path_sync(parent);
	close_parent(way, parent);
	return done;
}

/* Most folders are a slot's own, so they are made before they are looked for.
 * -1 with errno. */
static int make(int parent, struct span name, bool *ret_made)
{
	char text[FS_SEGMENT_MAX + 1];

	memcpy(text, name.at, name.len);
	text[name.len] = '\0';
	*ret_made = !mkdirat(parent, text, 0700);
	if (!*ret_made && errno != EEXIST)
		return -1;
	return fs_path_open(parent, name, O_RDONLY | O_DIRECTORY);
}

/* From a folder, which is taken, into one below it, which is made if need be.
 * -1 with errno. */
static int enter(struct fs_way *way, int parent, struct span name)
{
	struct fs_born born = { 0 };
	bool made;
	int folder = make(parent, name, &made);
	int error = errno;

	if (folder >= 0 && made)
		fs_path_give(way->store, folder);
	else if (folder >= 0)
		born = born_of(folder);
	if (folder >= 0 && !is_synced(way->store, &born)) {
		if (sync_later(way, parent, &born))
			return folder;
		error = errno;
		close(folder);
		folder = -1;
	} else {
		close_parent(way, parent);
	}
	errno = error;
	return folder;
}

bool fs_way_open(
    struct fs_folder *store, int root, struct span key, struct fs_way *way)
{
	struct span rest = key;
	int error;

	way->store = store;
	way->root = way->folder = root;
	way->count = 0;
	while (way->folder >= 0) {
		struct span segment = span_cut(&rest, '/');

		if (!rest.at) {
			memcpy(way->name, segment.at, segment.len);
			way->name[segment.len] = '\0';
			return true;
		}
		way->folder = enter(way, way->folder, segment);
	}
	error = errno;
	fs_way_close(way);
	errno = error;
	return false;
}

bool fs_way_sync(struct fs_way *way)
{
	if (fs_path_sync(way->folder))
		return false;
	for (unsigned i = way->count; i > 0; i--)
		if (fs_path_sync(way->steps[i - 1].parent))
			return false;
	for (unsigned i = 0; i < way->count; i++)
		remember(way->store, &way->steps[i].folder);
	return true;
}

void fs_way_close(struct fs_way *way)
{
	if (way->folder >= 0)
		close_parent(way, way->folder);
	for (unsigned i = 0; i < way->count; i++)
		close_parent(way, way->steps[i].parent);
}
