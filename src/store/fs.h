#ifndef STORE_FS_H
#define STORE_FS_H

#include <stdatomic.h>

#include "core/uri.h"
#include "slot/grant.h"
#include "slotd/store.h"

/*
 * The embedded store: files below PATH/files, object keys as their paths,
 * the bytes just as they were sent. What else lies in PATH is never served,
 * listed or removed. The media type stands in the extended attribute
 * user.mime_type; where the file system has none, the file name's ending
 * decides. A file appears whole or not at all.
 *
 * fs_slot_* cost no disk and may run in an event loop; all else may block
 * and belongs on a thread that may wait.
 */
#define FS_FILES "files"
#define FS_SEGMENT_MAX 255 /* bytes between two slashes of a key */

struct fs_config {
	const char *path;       /* uploads live in its folder FS_FILES */
	struct span public_url; /* no slash at its end */
	uint32_t put_ttl;       /* seconds */
	uint32_t expire_after;  /* seconds after the upload; 0: never */
	bool has_until; /* files may come with a time at which they go */
	uint64_t min_free_bytes;       /* one of both is 0 */
	unsigned min_free_percent;     /* 0 to 99 */
	const struct keyring *keyring; /* NULL: fs_open makes its own of .key */
};

struct fs;

/*
 * Opens the folder for a service; makes the last folder of the path (0700),
 * FS_FILES in it and `.key` (0600) where needed, and tries what uploads will
 * need (O_TMPFILE, linkat by /proc, openat2, names of FS_SEGMENT_MAX bytes).
 * The path itself may be a symbolic link. NULL with a sentence in wrong that
 * names the path (wrong_size bytes); no secret stands in it. Many processes
 * may open one folder at once: they end with one key.
 * The config's pointers must stay valid until close (store.class->close).
 */
struct fs *fs_open(
    const struct fs_config *config, char *wrong, size_t wrong_size);

/*
 * The same store for a command: makes nothing and tries nothing. What is
 * missing is no failure but told by fs_lack. Uploads and sweeping are not
 * for such a store. NULL: no memory, as above.
 */
struct fs *fs_look(
    const struct fs_config *config, char *wrong, size_t wrong_size);

/* A sentence about what a store of fs_look lacks for slots; NULL: nothing. */
const char *fs_lack(const struct fs *fs);

/*
 * The same store with another configuration, whose path is not looked at,
 * while the one before goes on: they know of each other's uploads.
 */
struct fs *fs_open_again(const struct fs_config *config,
    const struct fs *before, char *wrong, size_t wrong_size);

/* Where the folder was when it was opened first. Valid as long as fs. */
const char *fs_folder_path(const struct fs *fs);

struct store *fs_store(struct fs *fs);
/* NULL: there is no key yet (after fs_look alone). */
const struct keyring *fs_keyring(const struct fs *fs);

/* As grant_check, for the tokens of this store. */
enum failure fs_slot_check(const struct fs *fs, struct span token,
    struct span key, int64_t now, struct grant *ret_grant);

/* Why the disk takes no uploads: what a slot is refused with, and a literal
 * for whoever runs the service. */
struct fs_disk_fault {
	enum failure failure;
	const char *reason;
};

/* What fs_disk_watch has found last; NULL: nothing. Costs no disk. */
const struct fs_disk_fault *fs_disk_fault(const struct fs *fs);

/* Looks whether the disk takes uploads, and keeps it for fs_disk_fault. To be
 * called by one thread, about once a second. */
const struct fs_disk_fault *fs_disk_watch(struct fs *fs);

/* One upload. Used by one thread at a time. */
struct fs_upload;

/*
 * Begins to store `size` bytes under key: FAILURE_ALREADY_EXISTS when the
 * file is there, another upload to it runs, or a link or a file stands where
 * it needs a folder; FAILURE_INSUFFICIENT_STORAGE when the file would leave
 * less than min_free (the room is reserved from here on); FAILURE_UNAVAILABLE
 * when the disk is read-only; what fs_disk_fault says; FAILURE_INTERNAL with
 * why->reason. type is a valid media type; until: unix seconds from which the
 * file is gone, 0: never (needs has_until, and a file system with extended
 * attributes).
 * Nothing is visible under the key before fs_upload_commit.
 */
enum failure fs_upload_open(struct fs *fs, struct span key, uint64_t size,
    struct span type, int64_t until, struct fs_upload **ret_upload,
    struct refusal *why);
/* FAILURE_LENGTH_MISMATCH, and nothing written, when it would be more than
 * `size` bytes. After any failure only abort is left. */
enum failure fs_upload_write(struct fs_upload *upload, const void *bytes,
    size_t len, struct refusal *why);
/* When all bytes are written: fsync, link into place, fsync of every folder
 * on the way, the file's own after the link. Frees upload, whatever comes of
 * it. FAILURE_LENGTH_MISMATCH when it has not `size` bytes,
 * FAILURE_ALREADY_EXISTS when another process was faster. */
enum failure fs_upload_commit(struct fs_upload *upload, struct refusal *why);
/* Drops what was written and frees upload. */
void fs_upload_abort(struct fs_upload *upload);

/* One stored file, open for reading. Any number of reads at once. */
struct fs_file {
	int fd;
	uint64_t size;
	int64_t modified; /* unix seconds */
	int64_t until;    /* from when it is gone; INT64_MAX: it stays */
	char etag[48];    /* with its quotes */
	char type[256];
};

/* FAILURE_NOT_FOUND for whatever is no regular file below the folder, for a
 * segment that is empty or starts with a dot, and when its time is over. */
enum failure fs_file_open(struct fs *fs, struct span key, int64_t now,
    struct fs_file *ret_file, struct refusal *why);
/* Like pread, and may give less than was asked for; *ret_len is 0 only at the
 * end of the file (or with size 0). With `now_only`, FAILURE_UNAVAILABLE
 * instead of waiting for the disk. */
enum failure fs_file_read(const struct fs_file *file, uint64_t offset,
    void *ret_bytes, size_t size, bool now_only, size_t *ret_len);
void fs_file_close(struct fs_file *file);

/*
 * Removes files whose time is over, and empty folders. What starts with
 * a dot and what is no regular file stays. Gives the unix second at which it
 * should be called again, 20 to 50 seconds from now, so that a file is gone
 * a minute after its time; INT64_MAX: never. Uploads and reads may run
 * meanwhile. When another thread sets *stop (NULL: nobody does) it returns
 * soon, with files left.
 */
int64_t fs_sweep(struct fs *fs, int64_t now, const atomic_bool *stop);

#endif
