#ifndef STORE_FS_PRIVATE_H
#define STORE_FS_PRIVATE_H

#include "slot/media_type.h"
#include "store/fs.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

/* What the files of the embedded store share among themselves. */

#define FS_KEY_MAX 1024 /* bytes of an object key */
#define FS_XATTR_TYPE "user.mime_type"
#define FS_XATTR_UNTIL "user.slotd.until"
#define FS_RUNNING_LISTS 256
#define FS_KNOWN_ROWS 128
#define FS_KNOWN_FILES 8 /* in each row */
#define FS_SYNCED_FOLDERS 256
#define FS_LACK_SIZE 512
#define FS_NOT_YET                                                             \
	"is not there yet: start the service first, `slotd serve` makes it"

/* What the attributes of a file say. Asking the file system for them may wait
 * for a disk, so they are remembered. */
struct fs_attributes {
	int64_t until;                 /* INT64_MAX: none */
	char type[MEDIA_TYPE_MAX + 1]; /* "": none, or no media type */
};

/* Of one file, as it was at one time. All zeros: none. */
struct fs_known {
	dev_t device;
	ino_t number;
	struct timespec changed; /* its st_ctim, which each change moves */
	uint64_t order;          /* in which it was remembered */
	struct fs_attributes attributes;
};

/* Which folder it is, among all that ever were; all zeros: unknown. */
struct fs_born {
	uint64_t device;
	uint64_t number;
	int64_t seconds; /* when it was made */
	uint32_t nanoseconds;
};

/* What stays when the configuration is read again. */
struct fs_folder {
	atomic_uint holders;
	char *path;  /* as it was opened */
	int home;    /* the folder `path` */
	int root;    /* FS_FILES in it: where keys begin */
	uid_t owner; /* of the files that it makes */
	bool gives;  /* what is made belongs to these: */
	uid_t heir;
	gid_t heirs;
	bool has_types;   /* the file system has user attributes */
	bool has_mincore; /* may be called, see fs_file_cached */

	pthread_mutex_t running_lock;
	struct fs_upload *running[FS_RUNNING_LISTS]; /* by hash of the key */

	/* Held from the look at the free room until it is reserved. */
	pthread_mutex_t room_lock;
	/* Bytes promised to uploads and not yet written, where the file
	 * system cannot reserve them itself. */
	_Atomic uint64_t owed;

	/* Of fs_notes.c, the sweeping thread's: when the folder of the notes
	 * had last changed before all of them were carried out. */
	struct timespec notes_seen;

	pthread_mutex_t known_lock;
	/* By inode number: */
	struct fs_known known[FS_KNOWN_ROWS][FS_KNOWN_FILES];
	uint64_t known_count; /* how many were remembered since the start */
	struct fs_born synced[FS_SYNCED_FOLDERS]; /* see fs_way.c */

	/* Of fs_disk.c. */
	_Atomic(const struct store_fault *) fault;
	atomic_bool suspect; /* an upload has failed since the last look */
	unsigned looks;      /* the watching thread's */
};

struct fs {
	struct store store;
	struct fs_config config;
	struct keyring own; /* of .key, when the config has no keyring */
	const struct keyring *keyring;
	struct fs_folder *folder; /* one for all configurations of a process */
	char lack[FS_LACK_SIZE];  /* see store_class; "": nothing */
};

/* fs_folder.c: the folders of a store */

struct fs_folder *fs_folder_new(const char *path);
/* Lets go of it; the last to do so closes it. NULL is fine. */
void fs_folder_release(struct fs_folder *folder);

/* Opens `path` and FS_FILES in it. With `make` they are made, and it is tried
 * what uploads will need. False with a sentence in wrong. */
bool fs_folder_open(
    struct fs_folder *folder, bool make, char *wrong, size_t wrong_size);

/* fs_path.c: names beneath a folder */

/* Whether a key can be a path in the store: 1 to 1024 bytes without NUL, each
 * segment 1 to 255 bytes and not starting with a dot. */
bool fs_path_valid(struct span key);

/*
 * openat2 beneath `folder`; no symbolic link is followed anywhere. `path`
 * has at most FS_KEY_MAX bytes and no NUL. -1 with errno.
 */
int fs_path_open(int folder, struct span path, int flags);
/* The same without waiting for a disk: -1 with EAGAIN when a folder or the file
 * is not in memory, EINVAL before Linux 5.12. */
int fs_path_open_now(int folder, struct span path, int flags);

/* The next entry of a folder. NULL: there is none, or the folder cannot be
 * read, which sets *ret_failed and errno. */
const struct dirent *fs_path_next(DIR *entries, bool *ret_failed);

/* The root of a file system has such a folder, which only root may open: it is
 * no part of the store. depth: 0 below the folder where keys begin. */
bool fs_path_lost(const char *name, unsigned depth);

/* Gives the file open at `fd` a name; in 0, or -1 with errno. */
int fs_path_link(int fd, int folder, const char *name);

/* Gives what was made to the folder's own user, where root has made it. */
void fs_path_give(const struct fs_folder *folder, int fd);

/* fsync, whatever signals come. */
int fs_path_sync(int fd);

/* fs_way.c: the folders that a key lies in */

#define FS_WAY_MAX 16

struct fs_way {
	struct fs_folder *store;
	int root;
	int folder;                    /* the last one */
	char name[FS_SEGMENT_MAX + 1]; /* the key's last segment */
	/* The folders whose entries may not be on the disk yet, and their
	 * parents. */
	unsigned count;
	struct fs_step {
		int parent;
		struct fs_born folder;
	} steps[FS_WAY_MAX];
};

/* Opens the folder of a valid key, from `root` on, and makes what is missing
 * (0700). False with errno; ENOENT when somebody removed a folder meanwhile. */
bool fs_way_open(
    struct fs_folder *store, int root, struct span key, struct fs_way *way);
/* Syncs the folder, and every one on the way whose entry may be new. False with
 * errno. */
bool fs_way_sync(struct fs_way *way);
void fs_way_close(struct fs_way *way);

/* fs_room.c: free room */

/* Whether `size` more bytes leave min_free; FAILURE_INSUFFICIENT_STORAGE when
 * not. */
enum failure fs_room_check(
    const struct fs *fs, uint64_t size, struct refusal *why);

/* Checks, and reserves them for the file open at fd; true in *ret_owed when
 * they were added to fs->owed, because the file system cannot. */
enum failure fs_room_reserve(
    struct fs *fs, int fd, uint64_t size, bool *ret_owed, struct refusal *why);

/* FAILURE_INSUFFICIENT_STORAGE for a full disk or quota, FAILURE_UNAVAILABLE
 * for a shortage or a disk that is read-only, else FAILURE_INTERNAL, with the
 * reason (a literal). */
enum failure fs_room_failure(
    int error, const char *reason, struct refusal *why);

/* Whether descriptors or memory are missing, which may soon be better; the
 * reason is then in why. */
bool fs_shortage(int error, struct refusal *why);

/* fs_disk.c: whether the disk takes uploads; as in struct store_class. */
const struct store_fault *fs_disk_fault(const struct store *store);
const struct store_fault *fs_disk_look(struct store *store);
/* An upload has come to this, so the disk is worth a try. */
void fs_disk_suspect(struct fs *fs, enum failure failure);

/* fs_until.c: when a file goes. Keys of slots tell it; uploads below a caller's
 * base have it in the attribute FS_XATTR_UNTIL, unix seconds. */

/* Remembers beside the files that it has files with the attribute (`.until`),
 * so that they go also when a later configuration says nothing of them. */
void fs_until_mark(struct fs *fs);

/* Keeps it, where there are attributes. 0: nothing. */
enum failure fs_until_write(
    const struct fs *fs, int fd, int64_t until, struct refusal *why);
/* Whether a key, or a folder's path, tells it; see key_tells_until. */
bool fs_until_told(const struct fs *fs, struct span key, int64_t *ret_until);
/* What the attribute says, whatever the configuration; INT64_MAX: nothing. */
int64_t fs_until_read(int fd);
/* INT64_MAX: it stays. `attribute` is what fs_until_read gave. */
int64_t fs_until_of_file(
    const struct fs *fs, struct span key, int64_t attribute);
int64_t fs_until_of_entry(
    const struct fs *fs, struct span key, int folder, const char *name);

/* fs_known.c: attributes of the files that were stored or opened last */

/* Reads them; may wait. */
void fs_known_read(int fd, struct fs_attributes *ret_attributes);
/* What is known of the file with this status; false: nothing. */
bool fs_known_get(struct fs_folder *folder, const struct stat *status,
    struct fs_attributes *ret_attributes);
void fs_known_put(struct fs_folder *folder, const struct stat *status,
    const struct fs_attributes *attributes);

/* fs_key.c: reads .key; with `make` makes it when it is missing. False with a
 * sentence in wrong. */
bool fs_key_open(struct fs *fs, bool make, char *wrong, size_t wrong_size);

/* As in struct store_class. The media type is lost where the file system has
 * no attributes: fs_file_open then goes by the name's ending. request->until
 * needs has_until, and attributes. A commit syncs the file, links it into
 * place and syncs every folder on the way, the file's own after the link. A
 * link or a file in a folder's place is FAILURE_ALREADY_EXISTS. */
enum failure fs_upload_open(struct store *store,
    const struct store_request *request, struct store_upload **ret_upload,
    struct refusal *why);
enum failure fs_upload_write(struct store_upload *upload, const void *bytes,
    size_t len, struct refusal *why);
enum failure fs_upload_commit(struct store_upload *upload, struct refusal *why);
void fs_upload_abort(struct store_upload *upload);

/* As in struct store_class. FAILURE_NOT_FOUND for whatever is no regular file
 * below the folder, and for a segment that is empty or starts with a dot. */
enum failure fs_file_open(struct store *store, struct span key, int64_t now,
    bool now_only, struct store_file *ret_file, struct refusal *why);
enum failure fs_file_read(const struct store_file *file, uint64_t offset,
    void *ret_bytes, size_t size, bool now_only, size_t *ret_len);
void fs_file_close(struct store_file *file);
int fs_file_take(const struct store_file *file);
size_t fs_file_cached(
    const struct store_file *file, uint64_t offset, size_t size);

/* fs_list.c: as in struct store_class; beside a running service, too. What is
 * no regular file, and names that begin with a dot, are not told. Removing
 * takes the folders that are empty then along. */
enum failure fs_list(
    struct store *store, const struct store_walk *walk, struct buf *why);
enum failure fs_remove(struct store *store, struct span key, int64_t now,
    int stop, struct buf *why);
enum failure fs_settle(struct store *store, struct buf *why);

/* Whether an upload runs whose key is one of these; `is` may not call the
 * store. */
bool fs_upload_runs(
    struct fs *fs, bool (*is)(void *argument, struct span key), void *argument);

/* fs_note.c. As in struct store_class. */
enum failure fs_note(struct store *store, struct span key, struct span text,
    int64_t now, struct refusal *why);

/* fs_notes.c: erasures that a sweep is to carry out */

struct fs_notes {
	struct fs *fs;
	int folder;
	struct timespec changed; /* the folder */
	bool missed; /* one could not be read this time: try again */
	int64_t now;
	size_t count, room;
	struct owner *owners;
	struct fs_note_read *notes; /* in the same order */
};

/* Reads the notes. *ret_due: all files are to be looked at, and then
 * fs_notes_done is to be called. *ret_next: when some of them have to be
 * carried out again; INT64_MAX: none. False: there are none. */
bool fs_notes_open(struct fs *fs, int64_t now, struct fs_notes *notes,
    bool *ret_due, int64_t *ret_next);
/* Whether the file with this key is to go. */
bool fs_notes_have(const struct fs_notes *notes, struct span key);
/* All that is to go is gone: removes the notes that are over. */
void fs_notes_done(struct fs_notes *notes);
void fs_notes_close(struct fs_notes *notes);

/* As in struct store_class; empty folders go, too. What starts with a dot and
 * what is no regular file stays. It is to be called again 20 to 50 seconds
 * from now, so that a file is gone a minute after its time. */
int64_t fs_sweep(struct store *store, int64_t now, const atomic_bool *stop);

#endif
