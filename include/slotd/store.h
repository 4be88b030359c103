#ifndef SLOTD_STORE_H
#define SLOTD_STORE_H

#include <stdatomic.h>

#include "core/buf.h"
#include "slotd/failure.h"

struct creds;   /* slotd/creds.h */
struct grant;   /* slot/grant.h */
struct keyring; /* slot/keyring.h */

/* A file that is to be stored. */
struct store_request {
	struct span key;  /* the object key: UTF-8, no NUL, not encoded */
	uint64_t size;    /* bytes that the client will send, exactly */
	struct span type; /* the media type; empty: none was named */
	int64_t now;      /* unix seconds, UTC */
	int64_t until;    /* when the file should go; 0: it stays */
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
	union { /* the store's own */
		int fd;
		void *memory;
	};
};

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
 * A kind of store: one folder or a few files in src/store/ for each. struct
 * store is the first member of the kind's own struct.
 *
 * What a kind cannot do is a NULL member, and nobody asks for its name:
 * whoever needs something of a store looks whether its member is there. All
 * functions may be called from any number of threads at once, unless they say
 * otherwise. `now` is in unix seconds.
 */
struct store_class {
	const char *type; /* as in storage.type; elsewhere for logs alone */

	/* sign may wait for a disk: it is then called on a thread that may
	 * wait. */
	bool waits;

	/* Signs one slot, without network. FAILURE_UNAVAILABLE: no
	 * credentials; FAILURE_INSUFFICIENT_STORAGE: no room for such a
	 * file. */
	enum failure (*sign)(struct store *store,
	    const struct store_request *request, struct store_slot *ret_slot,
	    struct refusal *why);

	/* Appends the object key, decoded, behind any URL at which a file of
	 * this store is shared or fetched, in any form that link_below of
	 * slot/link.h knows. False when the URL is not one of its own, and
	 * when out is full. */
	bool (*read_url)(struct store *store, struct span url, struct buf *out);

	/* Ends it and frees what it holds. No other call may be running. */
	void (*close)(struct store *store);

	/*
	 * Checks the decoded token of PUT public_url/u/TOKEN/KEY against the
	 * decoded key, as grant_check of slot/grant.h. FAILURE_SLOT_INVALID
	 * for whatever this store did not make. Never waits. NULL: its slots
	 * never lead there.
	 */
	enum failure (*check_upload)(struct store *store, struct span token,
	    struct span key, int64_t now, struct grant *ret_grant);

	/*
	 * Takes the bytes of an upload. These four may wait for a disk; NULL
	 * all four: it has no such place.
	 *
	 * upload_open begins one, under a key that has no file yet. request's
	 * type is valid. FAILURE_ALREADY_EXISTS when there is a file, or
	 * another upload to it runs; FAILURE_INSUFFICIENT_STORAGE without
	 * room, which is reserved from here on; what `fault` says. Nothing is
	 * visible under the key before upload_commit.
	 *
	 * upload_write: FAILURE_LENGTH_MISMATCH, and nothing written, when it
	 * would be more than the announced size. After any failure only
	 * upload_abort is left.
	 *
	 * upload_commit makes the file visible, and durable where the store is
	 * so. Frees the upload, whatever comes of it. FAILURE_LENGTH_MISMATCH
	 * when bytes are missing, FAILURE_ALREADY_EXISTS when another process
	 * was faster.
	 *
	 * upload_abort drops what was written, and frees the upload.
	 */
	enum failure (*upload_open)(struct store *store,
	    const struct store_request *request,
	    struct store_upload **ret_upload, struct refusal *why);
	enum failure (*upload_write)(struct store_upload *upload,
	    const void *bytes, size_t len, struct refusal *why);
	enum failure (*upload_commit)(
	    struct store_upload *upload, struct refusal *why);
	void (*upload_abort)(struct store_upload *upload);

	/*
	 * Signs the PUT by which slotd itself sends a file on, without
	 * network. As sign. NULL: it cannot be reached by HTTP.
	 * Each kind takes bytes by upload_open or by forward.
	 */
	enum failure (*forward)(struct store *store,
	    const struct store_request *request,
	    struct store_forward *ret_forward, struct refusal *why);

	/*
	 * Reads files for GET public_url/f/KEY. NULL all three: slotd does not
	 * serve its files. At most one store of a configuration does.
	 *
	 * file_open may wait for a disk. FAILURE_NOT_FOUND for whatever is no
	 * file, and when its time is over.
	 *
	 * file_read is like pread, and may give less than was asked for;
	 * *ret_len is 0 only at the end of the file (or with size 0). With
	 * `now_only`, FAILURE_UNAVAILABLE instead of waiting for a disk.
	 *
	 * file_close never waits.
	 */
	enum failure (*file_open)(struct store *store, struct span key,
	    int64_t now, struct store_file *ret_file, struct refusal *why);
	enum failure (*file_read)(const struct store_file *file,
	    uint64_t offset, void *ret_bytes, size_t size, bool now_only,
	    size_t *ret_len);
	void (*file_close)(struct store_file *file);

	/* Whether this store has made this token for this decoded key, in a
	 * link public_url/f/TOKEN/KEY. Whatever its settings are now: links
	 * that were once shared never end. NULL: it makes no such links. */
	bool (*link_check)(
	    struct store *store, struct span token, struct span key);

	/* Where a link to a key leads, for GET or HEAD. Never waits.
	 * FAILURE_UNAVAILABLE: no credentials. NULL: links lead nowhere; such
	 * a store has file_open. */
	enum failure (*lead)(struct store *store, struct span method,
	    struct span key, int64_t now, struct store_lead *ret_lead,
	    struct refusal *why);

	/* Its credentials, which stay the store's. NULL: it needs none. */
	struct creds *(*creds)(const struct store *store);

	/* The lines by which it makes tokens and keys, where there is no
	 * key_file, for all stores. It gives NULL while there are none (see
	 * lack). A store with this member is opened before all others. NULL:
	 * it has none of its own. */
	const struct keyring *(*keyring)(const struct store *store);

	/* A sentence about what a store that was opened for a command lacks
	 * for slots. It gives NULL for nothing. NULL: it never lacks any. */
	const char *(*lack)(const struct store *store);

	/*
	 * Whether it takes uploads now: what `look` has found last, without
	 * waiting; NULL: nothing is wrong. look is called about once a second,
	 * by one thread that may wait, and logs call the store `place`.
	 * NULL all three: nothing of it can go wrong by itself.
	 */
	const struct store_fault *(*fault)(const struct store *store);
	const struct store_fault *(*look)(struct store *store);
	const char *(*place)(const struct store *store);

	/*
	 * Removes files whose time is over. Gives the unix second at which it
	 * should be called again; INT64_MAX: never. Called by one thread that
	 * may wait. When another thread sets *stop (NULL: nobody does) it
	 * returns soon, with files left. NULL: its files stay, or go by
	 * themselves.
	 */
	int64_t (*sweep)(
	    struct store *store, int64_t now, const atomic_bool *stop);
};

/* What is the same for all kinds, set when the store is opened. */
struct store {
	const struct store_class *class;
	uint32_t put_ttl;   /* seconds for which a slot's PUT is good */
	bool takes_uploads; /* clients PUT to public_url/u/ */
	bool gives_files;   /* they GET from public_url/f/ */
};

#endif
