#ifndef STORE_FS_H
#define STORE_FS_H

#include "slot/keyring.h"
#include "slotd/store.h"

/*
 * The embedded store: files below PATH/files, object keys as their paths,
 * the bytes just as they were sent. What else lies in PATH is never served,
 * listed or removed. The media type stands in the extended attribute
 * user.mime_type; where the file system has none, the file name's ending
 * decides. A file appears whole or not at all. One process has one such
 * store. Notes of erasures (slot/note.h) lie in PATH/slotd-erase, and `sweep`
 * carries them out.
 */
#define FS_FILES "files"
#define FS_SEGMENT_MAX 255 /* bytes between two slashes of a key */

struct fs_config {
	const char *path;       /* uploads live in its folder FS_FILES */
	struct span public_url; /* no slash at its end */
	uint32_t put_ttl;       /* seconds */
	bool has_until; /* files may come with a time at which they go */
	uint64_t min_free_bytes;       /* one of both is 0 */
	unsigned min_free_percent;     /* 0 to 99 */
	const struct keyring *keyring; /* NULL: fs_open makes its own of .key */
};

extern const struct store_class fs_class;

/* Makes the last folder of a path (0700), which may be there already. fs_open
 * does it, too, but a process that is to be fenced has to do it before. False
 * with a sentence in wrong. */
bool fs_make(const char *path, char *wrong, size_t wrong_size);

/*
 * Opens the folder for a service; makes the last folder of the path (0700),
 * FS_FILES in it and `.key` (0600) where needed, and tries what uploads will
 * need (O_TMPFILE, linkat by /proc, openat2, names of FS_SEGMENT_MAX bytes).
 * The path itself may be a symbolic link. NULL with a sentence in wrong that
 * names the path (wrong_size bytes); no secret stands in it. Many processes
 * may open one folder at once: they end with one key.
 * The config's pointers must stay valid until close.
 */
struct store *fs_open(
    const struct fs_config *config, char *wrong, size_t wrong_size);

/*
 * The same store for a command: makes nothing and tries nothing. What is
 * missing is no failure but told by `lack`. Uploads go well beside a running
 * service, and belong to the folder's own user if root runs the command;
 * sweeping is not for such a store. NULL: no memory, as above.
 */
struct store *fs_look(
    const struct fs_config *config, char *wrong, size_t wrong_size);

/*
 * The same store with another configuration, whose path is not looked at,
 * while the one before goes on: they know of each other's uploads.
 */
struct store *fs_open_again(const struct fs_config *config,
    const struct store *before, char *wrong, size_t wrong_size);

#endif
