#include "store/fs_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Seconds between two sweeps, so that a file is gone a minute after its time
 * at the latest, whenever it came and whatever its time stamp says. */
#define WAIT_MIN 20
#define WAIT_MAX 50

/* A key of 1024 bytes has no more folders. */
#define DEPTH_MAX (FS_KEY_MAX / 2)

struct sweep {
	const atomic_bool *stop;
	const struct fs *fs;
	int64_t now;
	int64_t next;   /* when the first of the files that stay is due */
	struct buf key; /* of what is looked at */
	const struct fs_notes
	    *erase;      /* whose files are to go; NULL: nobody's */
	uint64_t erased; /* files of theirs that are gone */
	bool failed; /* something could not be looked at, or not be removed */
};

static size_t sweep_folder(struct sweep *sweep, int folder, unsigned depth);

static bool stopped(const struct sweep *sweep)
{
	return sweep->stop && atomic_load(sweep->stop);
}

static void note_due(struct sweep *sweep, int64_t due)
{
	if (due < sweep->next)
		sweep->next = due;
}

/* Whether what was asked of the system has worked; what is no longer there
 * need not be looked at. */
static bool did(struct sweep *sweep, int result)
{
	sweep->failed |= result < 0 && errno != ENOENT;
	return result >= 0;
}

/* True when it is gone. */
static bool sweep_file(struct sweep *sweep, int folder, const char *name)
{
	const struct span key = buf_span(&sweep->key);
	int64_t due;

	if (sweep->erase && fs_notes_have(sweep->erase, key)) {
		const bool gone = did(sweep, unlinkat(folder, name, 0));

		sweep->erased += gone;
		return gone;
	}
	due = fs_until_of_entry(sweep->fs, key, folder, name);
	if (due <= sweep->now)
		return !unlinkat(folder, name, 0);
	note_due(sweep, due);
	return false;
}

/* True when it is gone. */
static bool sweep_child(
    struct sweep *sweep, int folder, const char *name, unsigned depth)
{
	int child = openat(folder, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	if (!did(sweep, child))
		return false;
	/* An upload may be about to link into it: then rmdir fails, or the
	 * upload makes the folder again. */
	return !sweep_folder(sweep, child, depth + 1) &&
	       !unlinkat(folder, name, AT_REMOVEDIR);
}

static bool sweep_entry(
    struct sweep *sweep, int folder, const char *name, unsigned depth)
{
	struct stat status;
	int64_t due;

	/* All below it ends then: it is not looked into before. */
	if (fs_until_told(sweep->fs, buf_span(&sweep->key), &due) &&
	    due > sweep->now) {
		note_due(sweep, due);
		if (!sweep->erase)
			return false;
	}
	if (!did(sweep, fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW)))
		return false;
	if (S_ISREG(status.st_mode))
		return sweep_file(sweep, folder, name);
	return S_ISDIR(status.st_mode) && depth < DEPTH_MAX &&
	       !fs_path_lost(name, depth) &&
	       sweep_child(sweep, folder, name, depth);
}

/* The same, with the entry's name behind the key of its folder. */
static bool sweep_named(
    struct sweep *sweep, int folder, const char *name, unsigned depth)
{
	const struct buf before = sweep->key;
	bool gone = false;

	buf_text(&sweep->key, before.len ? "/" : "");
	buf_text(&sweep->key, name);
	if (buf_ok(&sweep->key))
		gone = sweep_entry(sweep, folder, name, depth);
	sweep->key = before;
	return gone;
}

/* Gives how many entries are left. Takes the descriptor. */
static size_t sweep_folder(struct sweep *sweep, int folder, unsigned depth)
{
	DIR *list = fdopendir(folder);
	const struct dirent *entry;
	size_t left = 0;

	if (!list) {
		close(folder);
		sweep->failed = true;
		return 1;
	}
	while (
	    !stopped(sweep) && (entry = fs_path_next(list, &sweep->failed))) {
		const char *name = entry->d_name;

		if (name[0] == '.') {
			/* Not the store's: .key, or the operator's. */
			left += !(name[1] == '\0' ||
				  (name[1] == '.' && name[2] == '\0'));
			continue;
		}
		if (!sweep_named(sweep, folder, name, depth))
			left++;
	}
	closedir(list);
	/* What was not looked at is left. */
	return left + stopped(sweep);
}

static void sweep_all(struct sweep *sweep)
{
	char key[FS_KEY_MAX + 1];
	int folder = fs_path_open(
	    sweep->fs->folder->root, span_of("."), O_RDONLY | O_DIRECTORY);

	buf_init(&sweep->key, key, sizeof key);
	if (did(sweep, folder))
		sweep_folder(sweep, folder, 0);
}

int64_t fs_sweep(struct store *store, int64_t now, const atomic_bool *stop)
{
	struct fs *fs = (struct fs *)store;
	struct sweep sweep = {
		.stop = stop,
		.fs = fs,
		.now = now,
		.next = now + WAIT_MAX,
	};
	struct fs_notes notes;
	bool due;
	int64_t again;
	const bool noted = fs_notes_open(fs, now, &notes, &due, &again);

	note_due(&sweep, again);
	if (due)
		sweep.erase = &notes;
	if (due || fs->config.has_until)
		sweep_all(&sweep);
	if (due && !sweep.failed && !stopped(&sweep))
		fs_notes_done(&notes);
	if (noted)
		fs_notes_close(&notes);
	fs->store.erased += sweep.erased;
	return sweep.next < now + WAIT_MIN ? now + WAIT_MIN : sweep.next;
}
