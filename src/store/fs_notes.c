#include "store/fs_private.h"

#include "net/input.h"
#include "slot/note.h"
#include "slot/owners.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A note is carried out twice: when it is new, and when no slot that was
 * issued before it is good any more. Then it goes. An upload that has begun by
 * then may still arrive, so the note waits for that one.
 *
 * Which notes are new is told by the time at which their folder has changed:
 * other processes write notes, too.
 */

/* The most notes at a time; others wait until some of these have gone. */
#define NOTES_MAX 100000
/* Seconds in which a file system may give the same time stamp again. */
#define COARSE 2

struct fs_note_read {
	char *name; /* malloc'ed, with the text behind its NUL */
	int64_t ends;
	bool over; /* it may go once this sweep has ended well */
};

/* Whether opening or reading failed because there is no note: the file is gone,
 * or is no regular one. */
static bool is_none(int error)
{
	return error == ENOENT || error == ELOOP || error == ENXIO ||
	       error == EISDIR;
}

/* The note in the file, or NULL: there is none. The JID points into the memory
 * that it returns. */
static char *read_file(
    struct fs_notes *notes, const char *name, struct note *ret_note)
{
	const size_t name_size = strlen(name) + 1;
	int fd = openat(notes->folder, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char *memory = malloc(name_size + NOTE_TEXT + 1);
	int error = errno;
	ssize_t len = -1;

	if (memory && fd >= 0) {
		memcpy(memory, name, name_size);
		len = input_read(fd, memory + name_size, NOTE_TEXT + 1);
		error = errno;
	}
	if (fd >= 0)
		close(fd);
	if (len >= 0 && len <= NOTE_TEXT &&
	    note_read(notes->fs->keyring,
		(struct span){ memory + name_size, (size_t)len }, ret_note))
		return memory;
	if (len >= 0 || error == EACCES || error == EPERM)
		notes->fs->store.strange_notes++;
	else if (!memory || !is_none(error))
		notes->missed = true;
	free(memory);
	return NULL;
}

static bool grow(struct fs_notes *notes)
{
	size_t room = notes->room ? 2 * notes->room : 16;
	struct owner *owners =
	    realloc(notes->owners, room * sizeof *notes->owners);
	struct fs_note_read *read;

	if (!owners)
		return false;
	notes->owners = owners;
	read = realloc(notes->notes, room * sizeof *notes->notes);
	if (!read)
		return false;
	notes->notes = read;
	notes->room = room;
	return true;
}

static void add(struct fs_notes *notes, const char *name)
{
	struct note note;
	char *memory;

	if (notes->count == notes->room && !grow(notes)) {
		notes->missed = true;
		return;
	}
	memory = read_file(notes, name, &note);
	if (!memory)
		return;
	owners_add(&notes->owners[notes->count], notes->fs->keyring, note.jid);
	notes->notes[notes->count] = (struct fs_note_read){ .name = memory,
		.ends = note_ends(&note, notes->fs->store.put_ttl) };
	notes->count++;
}

static bool list(struct fs_notes *notes)
{
	struct stat status;
	int fd = fcntl(notes->folder, F_DUPFD_CLOEXEC, 0);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!entries || fstat(notes->folder, &status)) {
		if (entries)
			closedir(entries);
		else if (fd >= 0)
			close(fd);
		return false;
	}
	notes->changed = status.st_mtim;
	notes->fs->store.strange_notes = 0;
	while (notes->count < NOTES_MAX &&
	       (entry = fs_path_next(entries, &notes->missed)))
		if (entry->d_name[0] != '.')
			add(notes, entry->d_name);
	closedir(entries);
	return true;
}

/* Whether all files have been looked at since this note came. */
static bool is_new(const struct fs_notes *notes)
{
	const struct timespec *seen = &notes->fs->folder->notes_seen;

	return seen->tv_sec != notes->changed.tv_sec ||
	       seen->tv_nsec != notes->changed.tv_nsec;
}

/* A running upload of a user whose files are to go. */
struct run {
	const struct fs_notes *notes;
	size_t number;
};

static bool is_of(void *argument, struct span key)
{
	const struct run *run = argument;
	const struct fs_notes *notes = run->notes;

	return owners_find(&notes->owners[run->number], 1, notes->fs->keyring,
		   notes->fs->store.template, key) == 0;
}

static bool is_over(const struct fs_notes *notes, size_t number)
{
	struct run run = { notes, number };

	return notes->notes[number].ends <= notes->now &&
	       !fs_upload_runs(notes->fs, is_of, &run);
}

bool fs_notes_open(struct fs *fs, int64_t now, struct fs_notes *notes,
    bool *ret_due, int64_t *ret_next)
{
	*notes = (struct fs_notes){ .fs = fs, .now = now };
	*ret_due = false;
	*ret_next = INT64_MAX;
	notes->folder = fs_path_open(fs->folder->home,
	    span_first(span_of(NOTE_FOLDER), sizeof NOTE_FOLDER - 2),
	    O_RDONLY | O_DIRECTORY);
	if (notes->folder < 0)
		return false;
	if (!list(notes) || !notes->count || !fs->store.template) {
		fs_notes_close(notes);
		return false;
	}
	*ret_due = is_new(notes);
	for (size_t i = 0; i < notes->count; i++) {
		struct fs_note_read *note = &notes->notes[i];

		note->over = is_over(notes, i);
		*ret_due |= note->over;
		if (note->ends < *ret_next)
			*ret_next = note->ends;
	}
	return true;
}

bool fs_notes_have(const struct fs_notes *notes, struct span key)
{
	return owners_find(notes->owners, notes->count, notes->fs->keyring,
		   notes->fs->store.template, key) < notes->count;
}

void fs_notes_done(struct fs_notes *notes)
{
	bool over = false;

	/* A crash must not bring a file back whose note is gone. */
	for (size_t i = 0; i < notes->count; i++)
		over |= notes->notes[i].over;
	if (over && syncfs(notes->folder))
		return;
	for (size_t i = 0; i < notes->count; i++)
		if (notes->notes[i].over)
			unlinkat(notes->folder, notes->notes[i].name, 0);
	/* Of a moment that may not be over, nothing is known. */
	if (!notes->missed && notes->changed.tv_sec + COARSE < notes->now)
		notes->fs->folder->notes_seen = notes->changed;
}

void fs_notes_close(struct fs_notes *notes)
{
	close(notes->folder);
	for (size_t i = 0; i < notes->count; i++)
		free(notes->notes[i].name);
	free(notes->owners);
	free(notes->notes);
}
