#ifndef STORE_RELAY_H
#define STORE_RELAY_H

#include "core/span.h"
#include "slotd/failure.h"

/*
 * Streams uploads on to stores, over libcurl: one thread for all of them,
 * connections that are used again, and at most RELAY_HELD bytes of each
 * upload in memory. What the store does not take stays with the client.
 */
#define RELAY_HELD (64 << 10)

struct relay;

/* stall_timeout: seconds for which a store may take no byte, or owe its
 * answer. clock: microseconds, only forward. SSL_CERT_FILE in the environment
 * names certificates to trust instead of the system's; proxies of the
 * environment are used. NULL when there is no memory or no thread. */
struct relay *relay_open(uint32_t stall_timeout, int64_t (*clock)(void));
/* Another stall_timeout from now on. */
void relay_set_timeout(struct relay *relay, uint32_t stall_timeout);
/* Ends what still runs: each upload fails. */
void relay_cut(struct relay *relay);
/* No upload may be left, but for those that were dropped. */
void relay_close(struct relay *relay);

#define RELAY_HEADERS 4

struct relay_request {
	struct span name; /* of the object among all stores; at most 1 KiB and
	                   * a store's name */
	const char *url;
	uint64_t size;
	const char *headers[RELAY_HEADERS]; /* "Name: value"; NULL: no more */
	/* Called once for each relay_wait, on the relay's thread or at once.
	 * Must not call back. */
	void (*wake)(void *argument);
	void *argument;
};

/* One upload. All but wake belongs to one thread at a time. */
struct relay_upload;

/*
 * Begins one; strings are copied. The store is asked not to replace an object
 * (If-None-Match: *). FAILURE_ALREADY_EXISTS when an upload of this name
 * runs, FAILURE_UNAVAILABLE without memory.
 */
enum failure relay_begin(struct relay *relay,
    const struct relay_request *request, struct relay_upload **ret_upload,
    struct refusal *why);

enum relay_event {
	RELAY_READY,  /* the store wants the body */
	RELAY_ROOM,   /* half of RELAY_HELD is free */
	RELAY_ANSWER, /* the store has answered, or never will */
};

/* Asks to be woken once when this has happened; at the latest when the
 * upload is over. */
void relay_wait(struct relay_upload *upload, enum relay_event event);

/* Takes what there is room for, and gives how much. All of it when the upload
 * is over: nobody wants it any more. */
size_t relay_write(struct relay_upload *upload, const char *bytes, size_t len);

/*
 * Whether it is over; if so, how: FAILURE_NONE when the store has all of it.
 * FAILURE_ALREADY_EXISTS: it has such an object. FAILURE_INTERNAL: it refused
 * for a reason that waiting does not mend. FAILURE_INSUFFICIENT_STORAGE,
 * FAILURE_UNAVAILABLE. why->reason says for the log what it was, and lives as
 * long as the upload.
 */
bool relay_over(struct relay_upload *upload, enum failure *ret_failure,
    struct refusal *why);

/* Ends and frees it. What is not over is cut: the store keeps nothing, unless
 * it had got all of the announced bytes and only owed its answer. */
void relay_drop(struct relay_upload *upload);

#endif
