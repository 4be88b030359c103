#ifndef STORE_RELAY_H
#define STORE_RELAY_H

#include "core/span.h"
#include "slotd/failure.h"

/*
 * Passes uploads on to stores while they come in, over libcurl. Connections
 * are used again. There is no thread of its own: whoever has bytes of an upload
 * sends them, and an event loop runs what stores and the clock make
 * possible. Of an upload only the 36 KiB that libcurl is sending are in
 * memory: a client waits while its store takes none.
 */
struct relay;

/*
 * stall_timeout: seconds for which a store may take no byte, or owe its
 * answer. clock: microseconds; it never goes back. NULL: no memory, or no
 * descriptors.
 */
struct relay *relay_open(uint32_t stall_timeout, int64_t (*clock)(void));
/* Must come before the first upload; again it does nothing. SSL_CERT_FILE in
 * the environment names certificates to trust instead of the system's; proxies
 * that the environment names are used. False: no memory. While the process has
 * one thread, or libcurl has been started. */
bool relay_start(struct relay *relay);
/* A descriptor that can be read when relay_run has something to do. */
int relay_fd(const struct relay *relay);
/* Does what can be done without waiting. Any thread, and best always the
 * same. */
void relay_run(struct relay *relay);
/* Changes stall_timeout, also for uploads that run. Any thread. */
void relay_set_timeout(struct relay *relay, uint32_t stall_timeout);
/* Ends all uploads that run, and those that are still to begin: each fails. Any
 * thread. */
void relay_cut(struct relay *relay);
/* All uploads must have been dropped, and nobody may run it any more. */
void relay_close(struct relay *relay);

#define RELAY_HEADERS 4

struct relay_request {
	struct span name; /* of the store and the object in it, unique among
	                   * all stores; at most 1152 bytes */
	const char *url;  /* presigned for PUT */
	uint64_t size;    /* bytes of the body */
	const char *headers[RELAY_HEADERS]; /* "Name: value"; NULL: no more */
	/* Called once for each relay_wait, on any thread that is in a function
	 * of the relay. It calls none of them but relay_over. */
	void (*wake)(void *argument);
	void *argument;
};

/* One upload. Its functions are called by one thread at a time. */
struct relay_upload;

/*
 * Begins an upload; strings are copied. The store is asked not to replace an
 * object (If-None-Match: *). FAILURE_ALREADY_EXISTS: an upload of this name
 * runs. FAILURE_UNAVAILABLE: no memory.
 */
enum failure relay_begin(struct relay *relay,
    const struct relay_request *request, struct relay_upload **ret_upload,
    struct refusal *why);

enum relay_event {
	RELAY_READY,  /* the store wants the body */
	RELAY_ROOM,   /* relay_write can take bytes */
	RELAY_ANSWER, /* the upload is over */
};

/* Has wake called once, when this has happened or the upload is over. */
void relay_wait(struct relay_upload *upload, enum relay_event event);

/* Sends as many of the bytes as the store takes now, and returns how many.
 * After the end of the upload it takes them all and drops them. */
size_t relay_write(struct relay_upload *upload, const char *bytes, size_t len);

/*
 * Whether the upload is over, and how it ended. FAILURE_NONE: the store has
 * the file. FAILURE_ALREADY_EXISTS: the store has an object of this key.
 * FAILURE_INSUFFICIENT_STORAGE: the store is full. FAILURE_UNAVAILABLE: a
 * later attempt may succeed. FAILURE_INTERNAL: the store refuses, and will
 * again. why->reason is for the log; it lives as long as the upload.
 */
bool relay_over(struct relay_upload *upload, enum failure *ret_failure,
    struct refusal *why);

/* Frees an upload, and ends it first if it runs. The store then keeps nothing
 * of it, unless it has all the bytes and only owes its answer. */
void relay_drop(struct relay_upload *upload);

#endif
