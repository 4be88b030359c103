#ifndef SLOTD_STORE_H
#define SLOTD_STORE_H

#include "core/buf.h"
#include "slotd/failure.h"

/* What a store is asked to sign. */
struct store_request {
	struct span key;  /* the object key: UTF-8, no NUL, not encoded */
	uint64_t size;    /* bytes that the client will send, exactly */
	struct span type; /* the media type; empty: none was named */
	int64_t now;      /* unix seconds, UTC */
	int64_t until;    /* when the file should go; 0: it stays */
};

/* What it answers. The buffers are the caller's; what does not fit is
 * FAILURE_INTERNAL. */
struct store_slot {
	struct buf *put; /* URL of the PUT, RFC 3986 ASCII */
	struct buf *get; /* URL to share */
	int64_t expires; /* unix seconds: when put ends */
	/* Content-Type that the PUT has to carry, MEDIA_TYPE_MAX + 1 bytes;
	 * left as it is where any will do. */
	struct buf *type;
};

struct store;

/*
 * A kind of store. One file in src/store/ for each; struct store is the
 * first member of the part's own struct.
 */
struct store_class {
	const char *type; /* as in storage.type */

	/*
	 * Signs one slot, without network; may wait for a disk only where
	 * the store is on one. Any number of threads at once.
	 * FAILURE_UNAVAILABLE: no credentials;
	 * FAILURE_INSUFFICIENT_STORAGE: no room for such a file.
	 */
	enum failure (*sign)(struct store *store,
	    const struct store_request *request, struct store_slot *ret_slot,
	    struct refusal *why);

	/*
	 * Appends the object key, decoded, behind any URL at which a file of
	 * this store is shared or fetched, in any form that link_below of
	 * slot/link.h knows. False when the URL is not one of its own, and
	 * when out is full.
	 */
	bool (*read_url)(struct store *store, struct span url, struct buf *out);

	/* Ends it and frees what it holds. No other call may be running. */
	void (*close)(struct store *store);
};

struct store {
	const struct store_class *class;
};

#endif
