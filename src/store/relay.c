#include "store/relay_private.h"

#include "net/fetch.h"
#include "net/handle.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* Bytes. */
#define HEAP_KEPT (1 << 20)

/* --- the relay -----------------------------------------------------------*/

struct relay *relay_open(uint32_t stall_timeout, int64_t (*clock)(void))
{
	struct relay *relay = calloc(1, sizeof *relay);

	if (!relay)
		return NULL;
	atomic_init(&relay->stall_timeout, stall_timeout);
	relay->clock = clock;
	pthread_mutex_init(&relay->lock, NULL);
	if (relay_watch_open(relay))
		return relay;
	relay_close(relay);
	return NULL;
}

/* libcurl takes its buffers anew for each upload. Where these are the last in
 * the heap, libc would give them back to the system each time, and the system
 * would have to clear them for the next. */
static void keep_heap(void)
{
	mallopt(M_TRIM_THRESHOLD, HEAP_KEPT);
}

bool relay_start(struct relay *relay)
{
	if (relay->multi)
		return true;
	keep_heap();
	relay->proxied = handle_proxied();
	if (!fetch_start())
		return false;
	if (relay_watch_start(relay))
		return true;
	fetch_end();
	return false;
}

void relay_set_timeout(struct relay *relay, uint32_t stall_timeout)
{
	atomic_store(&relay->stall_timeout, stall_timeout);
}

void relay_cut(struct relay *relay)
{
	relay_enter(relay);
	relay_end_all(relay);
	relay_leave(relay);
}

void relay_close(struct relay *relay)
{
	bool started = relay->multi;

	relay_handle_free_all(relay);
	relay_watch_close(relay);
	pthread_mutex_destroy(&relay->lock);
	free(relay);
	if (started)
		fetch_end();
}

/* --- for the caller ------------------------------------------------------*/

enum failure relay_begin(struct relay *relay,
    const struct relay_request *request, struct relay_upload **ret_upload,
    struct refusal *why)
{
	enum failure failure = FAILURE_NONE;
	struct relay_upload *upload;

	relay_enter(relay);
	upload = relay_upload_new(relay, request);
	if (!upload) {
		failure =
		    failure_reason(FAILURE_UNAVAILABLE, "out of memory", why);
	} else if (relay_take_name(upload)) {
		relay_transfer(upload);
		*ret_upload = upload;
	} else {
		relay_upload_free(upload);
		failure = FAILURE_ALREADY_EXISTS;
	}
	relay_leave(relay);
	return failure;
}

void relay_wait(struct relay_upload *upload, enum relay_event event)
{
	relay_enter(upload->relay);
	upload->waiting = true;
	upload->awaited = event;
	relay_notice(upload);
	relay_leave(upload->relay);
}

size_t relay_write(struct relay_upload *upload, const char *bytes, size_t len)
{
	size_t left = 0;

	relay_enter(upload->relay);
	if (!upload->over) {
		upload->offered = (struct span){ bytes, len };
		relay_push(upload);
		left = upload->over ? 0 : upload->offered.len;
		upload->offered = SPAN_EMPTY;
	}
	relay_leave(upload->relay);
	return len - left;
}

bool relay_over(
    struct relay_upload *upload, enum failure *ret_failure, struct refusal *why)
{
	if (!upload->over)
		return false;
	*ret_failure = upload->failure;
	why->reason = *upload->reason ? upload->reason : NULL;
	return true;
}

void relay_drop(struct relay_upload *upload)
{
	struct relay *relay = upload->relay;

	relay_enter(relay);
	relay_end(upload);
	relay_upload_free(upload);
	relay_leave(relay);
}
