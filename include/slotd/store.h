#ifndef SLOTD_STORE_H
#define SLOTD_STORE_H

#include <stdatomic.h>

#include "core/buf.h"
#include "slotd/failure.h"

struct creds;        /* slotd/creds.h */
struct grant;        /* slot/grant.h */
struct key_template; /* slot/key_template.h */
struct keyring;      /* slot/keyring.h */

/* A file that is to be stored. */
struct store_request {
	struct span key;  /* the object key: UTF-8, no NUL, not encoded */
	uint64_t size;    /* bytes that the client will send, exactly */
	struct span type; /* the media type; empty: none was named */
	int64_t now;      /* unix seconds, UTC */
	int64_t until;    /* when the file should go; 0: it stays */
	/* The key does not tell until: the store keeps it with the file. */
	bool note_until;
};

/* A slot for it. The buffers are the caller's; what does not fit is
 * FAILURE_INTERNAL. */
struct store_slot {
	struct buf *put; /* URL of the PUT, RFC 3986 ASCII */
	struct buf *get; /* URL to share */
	int64_t expires; /* unix seconds: when put ends */
	/* Content-Type that the PUT has to carry, MEDIA_TYPE_MAX + 1 bytes;
	 * left as it is where any will do. */
	struct buf *type;
};

/* The PUT by which slotd sends a file on to its store. The buffers are the
 * caller's, as above. */
struct store_forward {
	struct buf *url;
	struct buf *type;  /* value of Content-Type; MEDIA_TYPE_MAX + 1 bytes */
	struct buf *until; /* a header field that says when the file goes, 64
	                    * bytes; left as it is where it stays */
	struct buf *name;  /* of the object among all stores: the store's, at
	                    * most 64 bytes, a slash and the key */
};

/* Where a link leads. */
struct store_lead {
	struct buf *url;  /* the caller's */
	const char *type; /* the media type that is answered there; a literal */
	int64_t keep;     /* seconds for which a browser may go there without
	                   * asking again */
};

/* One stored file, open for reading. */
struct store_file {
	uint64_t size;
	int64_t modified; /* unix seconds */
	int64_t until;    /* from when it is gone; INT64_MAX: it stays */
	char etag[48];    /* with its quotes */
	char type[256];
	bool direct; /* file_take gives a descriptor */
	union {      /* the store's own */
		int fd;
		void *memory;
	};
};

/* One stored object, as a listing tells it. */
struct store_object {
	struct span key; /* as in struct store_request; until the call ends */
	uint64_t size;
	int64_t modified; /* unix seconds; -1: the store does not tell */
};

/* A walk over stored objects. The functions run in the thread that walks. */
struct store_walk {
	struct span prefix; /* of their keys; empty: all */
	int64_t (*now)(void);
	/* A file descriptor that becomes readable when the walk is to end as
	 * soon as it can; -1: never. */
	int stop;
	/* Takes the next object. False ends the walk. */
	bool (*each)(void *of, const struct store_object *object);
	/* A request failed, for the first time or for the tries'th, in a way
	 * that may pass. Waits, and gives whether to try again. */
	bool (*again)(void *of, unsigned tries);
	void *of;
};

/* Room for a sentence of list and remove, its NUL included. */
#define STORE_WHY 512

/* Why a store takes no uploads now: what they are refused with, and a literal
 * for the operator. */
struct store_fault {
	enum failure failure;
	const char *reason;
};

struct store;

/* One upload, used by one thread at a time: the first member of the store's
 * own struct. */
struct store_upload {
	struct store *store;
};

/*
 * A kind of store: one or a few files in src/store/. struct store is the first
 * member of the kind's own struct.
 *
 * What a kind cannot do is a NULL member, and nobody asks for its name: code
 * that needs something of a store looks whether its member is there. Any
 * number of threads may call any of these functions at once, unless a comment
 * says otherwise. `now` is in unix seconds. Outputs stay untouched on failure.
 */
struct store_class {
	const char *type; /* as in storage.type; read to log it, only */
	bool waits;       /* sign may wait for a disk: not for an event loop */
	/* It makes the keys of all stores if there is no key_file, so it is
	 * opened first. */
	bool makes_keys;

	/* Signs one slot, without network. Returns FAILURE_UNAVAILABLE
	 * without credentials, FAILURE_INSUFFICIENT_STORAGE without room for
	 * such a file. */
	enum failure (*sign)(struct store *store,
	    const struct store_request *request, struct store_slot *ret_slot,
	    struct refusal *why);

	/* Appends the decoded object key of a URL at which a file of this
	 * store is shared or fetched, in any form that link_below of
	 * slot/link.h knows. Returns false if the URL is not one of its own,
	 * or out is full. */
	bool (*read_url)(struct store *store, struct span url, struct buf *out);

	/* Closes it and frees what it holds. No other call may be running. */
	void (*close)(struct store *store);

	/*
	 * Checks the decoded token of PUT public_url/u/TOKEN/KEY for this
	 * decoded key, as grant_check of slot/grant.h does. Returns
	 * FAILURE_SLOT_INVALID if this store did not make it. Never waits.
	 * NULL: its slots never lead there.
	 */
	enum failure (*check_upload)(struct store *store, struct span token,
	    struct span key, int64_t now, struct grant *ret_grant);

	/*
	 * Store an upload. All four may wait for a disk. NULL (all four): use
	 * `forward`.
	 *
	 * upload_open begins an upload; request's media type is valid. Returns
	 * FAILURE_ALREADY_EXISTS if the key has a file or another upload,
	 * FAILURE_INSUFFICIENT_STORAGE without room, which is reserved from
	 * here on, or the failure of `fault`. The file is not visible before
	 * upload_commit.
	 *
	 * upload_write returns FAILURE_LENGTH_MISMATCH, and writes nothing, if
	 * the bytes are more than were announced. After a failure only
	 * upload_abort may be called.
	 *
	 * upload_commit makes the file visible, and durable if the store is.
	 * It frees the upload in any case. Returns FAILURE_LENGTH_MISMATCH if
	 * bytes are missing, FAILURE_ALREADY_EXISTS if another process was
	 * faster.
	 *
	 * upload_abort drops what was written and frees the upload.
	 */
	enum failure (*upload_open)(struct store *store,
	    const struct store_request *request,
	    struct store_upload **ret_upload, struct refusal *why);
	enum failure (*upload_write)(struct store_upload *upload,
	    const void *bytes, size_t len, struct refusal *why);
	enum failure (*upload_commit)(
	    struct store_upload *upload, struct refusal *why);
	void (*upload_abort)(struct store_upload *upload);

	/* Signs the PUT by which slotd sends an upload on to the store; as
	 * sign. NULL: use upload_open. */
	enum failure (*forward)(struct store *store,
	    const struct store_request *request,
	    struct store_forward *ret_forward, struct refusal *why);

	/*
	 * Read a file for GET public_url/f/KEY. At most one store of a
	 * configuration has these. NULL (all three): slotd does not serve its
	 * files, and /f/KEY answers 404 for them.
	 *
	 * file_open may wait for a disk; with `now_only` it returns
	 * FAILURE_UNAVAILABLE instead. Returns FAILURE_NOT_FOUND if there is
	 * no such file, FAILURE_GONE if its time is over.
	 *
	 * file_read reads like pread, maybe less than `size`; *ret_len is 0
	 * only at the end of the file, or if size is 0. With `now_only` it
	 * returns FAILURE_UNAVAILABLE instead of waiting for a disk.
	 *
	 * file_close never waits.
	 */
	enum failure (*file_open)(struct store *store, struct span key,
	    int64_t now, bool now_only, struct store_file *ret_file,
	    struct refusal *why);
	enum failure (*file_read)(const struct store_file *file,
	    uint64_t offset, void *ret_bytes, size_t size, bool now_only,
	    size_t *ret_len);
	void (*file_close)(struct store_file *file);

	/*
	 * Send a file without reading it first. NULL (both): use file_read.
	 *
	 * file_take gives a descriptor for sendfile(2); -1: use file_read for
	 * this file. The caller closes it, and file_close is not called then;
	 * until it is closed, file_read and file_cached go on. Never waits.
	 *
	 * file_cached returns how many of the bytes from offset on can be sent
	 * without waiting for a disk, maybe less than there are. Never waits.
	 */
	int (*file_take)(const struct store_file *file);
	size_t (*file_cached)(
	    const struct store_file *file, uint64_t offset, size_t size);

	/* Whether this store made the token of a link public_url/f/TOKEN/KEY
	 * for this decoded key. Links never end, so its settings of today do
	 * not count. NULL: it makes no links. */
	bool (*link_check)(
	    struct store *store, struct span token, struct span key);

	/* Gives the URL to which slotd redirects a GET or HEAD of a file.
	 * Never waits. Returns FAILURE_UNAVAILABLE without credentials,
	 * FAILURE_GONE if the file's time is over. NULL: use file_open. */
	enum failure (*lead)(struct store *store, struct span method,
	    struct span key, int64_t now, struct store_lead *ret_lead,
	    struct refusal *why);

	/*
	 * fault returns why it takes no uploads now, as `look` has found last,
	 * or NULL; it never waits. look is called about once a second, by one
	 * thread that may wait, and like sweep for the store with file_open
	 * alone. NULL (both): it has no disk that may fail.
	 */
	const struct store_fault *(*fault)(const struct store *store);
	const struct store_fault *(*look)(struct store *store);

	/*
	 * For the janitor's commands, with store->janitor where it is set.
	 * `why` gets a sentence, and is left as it is without a failure.
	 *
	 * list tells of each object whose key begins with walk->prefix, in the
	 * order of the keys' bytes. It may wait, and is called by one thread
	 * at a time. Returns FAILURE_FORBIDDEN if a right is missing,
	 * FAILURE_UNAVAILABLE if the store could not be asked or the walk was
	 * stopped, and FAILURE_INTERNAL if its answers cannot be trusted: what
	 * `each` was told until then is right.
	 *
	 * remove removes one object for good. Returns FAILURE_NONE also if
	 * there is none; FAILURE_UNAVAILABLE if another try may go well. It may
	 * wait, until the file descriptor `stop` is readable (-1: never).
	 *
	 * settle waits until a power cut brings back nothing that was removed
	 * before. NULL: remove does that.
	 *
	 * share appends the URL at which an object is shared, as a slot's.
	 *
	 * NULL (all three): its files cannot be listed.
	 *
	 * read appends a small object, such as a note; out is marked full if it
	 * is larger than the room, or the store keeps it but does not give it
	 * out (archived, encrypted with another's key). `each` of a list may
	 * call it. Otherwise as remove, but FAILURE_NOT_FOUND
	 * if there is none. NULL: `sweep` reads the store's notes itself.
	 */
	enum failure (*list)(struct store *store, const struct store_walk *walk,
	    struct buf *why);
	enum failure (*remove)(struct store *store, struct span key,
	    int64_t now, int stop, struct buf *why);
	enum failure (*settle)(struct store *store, struct buf *why);
	enum failure (*share)(struct store *store, struct span key, int64_t now,
	    struct buf *out, struct refusal *why);
	enum failure (*read)(struct store *store, struct span key, int64_t now,
	    int stop, struct buf *out, struct buf *why);

	/*
	 * Writes the note of an erasure (slot/note.h), under this key. It is
	 * durable when this returns. May wait for a disk or a network.
	 * FAILURE_UNAVAILABLE: a later attempt may succeed. FAILURE_INTERNAL:
	 * the store refuses, and will again. NULL: it keeps no notes.
	 */
	enum failure (*note)(struct store *store, struct span key,
	    struct span text, int64_t now, struct refusal *why);

	/*
	 * Removes files whose time is over, and carries out the erasures of
	 * its notes. Returns the unix second at which it is to be called again;
	 * INT64_MAX: never. Called by one thread that may wait; returns early
	 * once another thread sets *stop (NULL: nobody does). NULL: files stay,
	 * or something else removes them.
	 */
	int64_t (*sweep)(
	    struct store *store, int64_t now, const atomic_bool *stop);
};

/* What all kinds have, set when the store is opened. */
struct store {
	const struct store_class *class;
	uint32_t put_ttl;   /* seconds for which a slot's PUT is good */
	bool takes_uploads; /* clients PUT to public_url/u/ */
	bool gives_files;   /* clients GET from public_url/f/ */
	/* Of the keys of its slots; set by whoever opened it, before its first
	 * slot. It tells when a file ends. */
	const struct key_template *template;
	const char *place; /* in the log; NULL: it has no disk */
	/* Notes of erasures that `sweep` has found and left: they cannot be
	 * read, or no line of key_file made them. For the sweeping thread. */
	size_t strange_notes;
	/* Files that `sweep` has removed for erasures; likewise. */
	uint64_t erased;
	/* What a store that was opened for a command lacks for slots, as a
	 * sentence; NULL: nothing. */
	const char *lack;
	struct creds *creds; /* the store's own; NULL: it needs none */
	/* What list and remove use instead. Set by the janitor's commands; the
	 * store closes it. NULL: creds. */
	struct creds *janitor;
	/* With makes_keys: the keys that it uses; NULL: it has made none yet
	 * (see lack). */
	const struct keyring *keyring;
};

#endif
