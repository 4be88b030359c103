#ifndef ENDPOINT_DOWNLOAD_H
#define ENDPOINT_DOWNLOAD_H

#include "endpoint/range.h"
#include "http/reply.h"
#include "slot/key_template.h"
#include "slotd/store.h"

/*
 * Opens a file of a store and sends a range of it. What may wait for a disk
 * runs on the pool of readers, the rest at once. From download_begin on, the
 * request's state is a struct download. All functions are called on the
 * request's event loop.
 */
struct download {
	struct store *store;
	struct store_file file;
	int64_t now; /* unix seconds, when it was opened */
	enum failure failure;
	struct refusal why;
	struct range range; /* to be sent */
	size_t key_len;
	char key[OBJECT_KEY_MAX + 1];

	/* Of download.c: */
	bool open;
	bool whole; /* all bytes are given with the head */
	/* What the pool has read, because it was not in the page cache. */
	char *ahead;
	uint64_t ahead_at;
	size_t ahead_len;
	bool ahead_failed;
	bool fetched; /* ahead_len bytes, into the page cache */
	/* Until where the file was in the page cache when looked at, which was
	 * at cached_at (clock_micros). */
	uint64_t cached_to;
	int64_t cached_at;
	int64_t began; /* clock_micros of the first byte sent, moved on by the
			* time that the disk took */
	int64_t paused;
};

/* Opens the key, and goes on with `then`, now or later, when failure says what
 * has come of it. */
void download_begin(struct request *request, struct store *store,
    struct span key, void (*then)(struct request *request));

/* An answer with the range. NULL in it: no memory. */
struct reply download_reply(
    struct request *request, unsigned status, const char *type);
/* It was sent: sets the deadline of the client. */
void download_sent(struct request *request);

#endif
