#include "store/relay_private.h"

#include "net/fetch.h"

#include <stdlib.h>
#include <string.h>

/* How often stalls are looked for. */
#define TICK_MS 1000
#define THREAD_STACK (512 << 10)

static int64_t now_of(const struct relay *relay)
{
	return relay->clock() / 1000000;
}

/* Makes the relay's thread look at an upload. The caller holds no lock. With
 * drop the upload is the thread's from here on. */
static void tell(struct relay_upload *upload, bool drop)
{
	struct relay *relay = upload->relay;

	pthread_mutex_lock(&relay->lock);
	upload->dropped = drop;
	if (!upload->told) {
		upload->told = true;
		upload->next_told = relay->told;
		relay->told = upload;
	}
	pthread_mutex_unlock(&relay->lock);
	curl_multi_wakeup(relay->multi);
}

/* --- on the relay's thread -----------------------------------------------*/

static void enlist(struct relay_upload *upload)
{
	struct relay *relay = upload->relay;

	upload->next = relay->running;
	if (upload->next)
		upload->next->back = &upload->next;
	upload->back = &relay->running;
	relay->running = upload;
}

static void delist(struct relay_upload *upload)
{
	*upload->back = upload->next;
	if (upload->next)
		upload->next->back = upload->back;
}

/* The transfer is over: starts it again where that helps, else judges it and
 * wakes the caller. */
static void finish(struct relay_upload *upload, CURLcode code)
{
	bool wake;

	curl_multi_remove_handle(upload->relay->multi, upload->curl);
	upload->moved = now_of(upload->relay);
	if (relay_again(upload) && curl_multi_add_handle(upload->relay->multi,
				       upload->curl) == CURLM_OK)
		return;
	delist(upload);
	upload->added = false;
	relay_leave(upload);
	pthread_mutex_lock(&upload->lock);
	relay_judge(upload, code);
	upload->over = true;
	wake = upload->waiting;
	upload->waiting = false;
	pthread_mutex_unlock(&upload->lock);
	if (wake)
		upload->wake(upload->argument);
}

static void begin(struct relay_upload *upload)
{
	upload->moved = now_of(upload->relay);
	enlist(upload);
	upload->added = true;
	if (curl_multi_add_handle(upload->relay->multi, upload->curl) !=
	    CURLM_OK)
		finish(upload, CURLE_OUT_OF_MEMORY);
}

static void forget(struct relay_upload *upload)
{
	struct relay *relay = upload->relay;

	if (upload->added) {
		curl_multi_remove_handle(relay->multi, upload->curl);
		delist(upload);
	}
	relay_upload_free(upload);
}

static void look_at(struct relay_upload *upload)
{
	bool unpause;

	pthread_mutex_lock(&upload->lock);
	unpause = upload->paused && upload->held && !upload->over;
	if (unpause)
		upload->paused = false;
	pthread_mutex_unlock(&upload->lock);
	if (!upload->begun) {
		upload->begun = true;
		begin(upload);
	} else if (unpause) {
		upload->moved = now_of(upload->relay);
		curl_easy_pause(upload->curl, CURLPAUSE_CONT);
	}
}

/* Takes an upload out of relay->told; NULL: it is empty. */
static struct relay_upload *next_told(struct relay *relay, bool *ret_dropped)
{
	struct relay_upload *upload;

	pthread_mutex_lock(&relay->lock);
	upload = relay->told;
	if (upload) {
		relay->told = upload->next_told;
		upload->told = false;
		*ret_dropped = upload->dropped;
	}
	pthread_mutex_unlock(&relay->lock);
	return upload;
}

static void look_at_told(struct relay *relay)
{
	struct relay_upload *upload;
	bool dropped;

	while ((upload = next_told(relay, &dropped))) {
		if (dropped)
			forget(upload);
		else
			look_at(upload);
	}
}

static void look_for_answers(struct relay *relay)
{
	struct CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(relay->multi, &left))) {
		char *private;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(
		    message->easy_handle, CURLINFO_PRIVATE, &private);
		finish((struct relay_upload *)(void *)private,
		    message->data.result);
	}
}

/* Ends transfers whose store takes no byte, or owes its answer, for too long.
 * While a transfer is paused it is the client who owes bytes. */
static void look_for_stalls(struct relay *relay)
{
	bool cut = atomic_load(&relay->cut);
	int64_t now = now_of(relay);
	struct relay_upload *upload, *next;

	if (now == relay->looked && !cut)
		return;
	relay->looked = now;
	for (upload = relay->running; upload; upload = next) {
		bool stalled;

		next = upload->next;
		pthread_mutex_lock(&upload->lock);
		stalled = !upload->paused &&
			  now - upload->moved > relay->stall_timeout;
		pthread_mutex_unlock(&upload->lock);
		if (stalled || cut)
			finish(upload, stalled ? CURLE_OPERATION_TIMEDOUT
					       : CURLE_ABORTED_BY_CALLBACK);
	}
}

static void *serve(void *argument)
{
	struct relay *relay = argument;
	int running;

	while (!atomic_load(&relay->closing)) {
		look_at_told(relay);
		curl_multi_perform(relay->multi, &running);
		look_for_answers(relay);
		look_for_stalls(relay);
		curl_multi_poll(relay->multi, NULL, 0, TICK_MS, NULL);
	}
	look_at_told(relay);
	return NULL;
}

/* --- on the caller's thread ----------------------------------------------*/

static bool start_thread(struct relay *relay)
{
	pthread_attr_t small;
	bool started;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, THREAD_STACK);
	started = pthread_create(&relay->thread, &small, serve, relay) == 0;
	pthread_attr_destroy(&small);
	return started;
}

struct relay *relay_open(uint32_t stall_timeout, int64_t (*clock)(void))
{
	struct relay *relay = calloc(1, sizeof *relay);

	if (!relay)
		return NULL;
	atomic_init(&relay->stall_timeout, stall_timeout);
	relay->clock = clock;
	if (!fetch_start()) {
		free(relay);
		return NULL;
	}
	pthread_mutex_init(&relay->lock, NULL);
	relay->multi = curl_multi_init();
	if (relay->multi) {
		curl_multi_setopt(
		    relay->multi, CURLMOPT_MAXCONNECTS, RELAY_CONNECTIONS);
		if (start_thread(relay))
			return relay;
		curl_multi_cleanup(relay->multi);
	}
	pthread_mutex_destroy(&relay->lock);
	fetch_end();
	free(relay);
	return NULL;
}

void relay_set_timeout(struct relay *relay, uint32_t stall_timeout)
{
	atomic_store(&relay->stall_timeout, stall_timeout);
}

void relay_cut(struct relay *relay)
{
	atomic_store(&relay->cut, true);
	curl_multi_wakeup(relay->multi);
}

void relay_close(struct relay *relay)
{
	atomic_store(&relay->closing, true);
	curl_multi_wakeup(relay->multi);
	pthread_join(relay->thread, NULL);
	curl_multi_cleanup(relay->multi);
	pthread_mutex_destroy(&relay->lock);
	fetch_end();
	free(relay);
}

/* False while another upload has this name. */
static bool enter(struct relay_upload *upload)
{
	struct relay *relay = upload->relay;
	const struct span name = { upload->name, upload->name_len };
	struct relay_upload *other;

	pthread_mutex_lock(&relay->lock);
	for (other = relay->known; other; other = other->next_known)
		if (span_equal(
			(struct span){ other->name, other->name_len }, name))
			break;
	if (!other) {
		upload->next_known = relay->known;
		relay->known = upload;
	}
	pthread_mutex_unlock(&relay->lock);
	return !other;
}

enum failure relay_begin(struct relay *relay,
    const struct relay_request *request, struct relay_upload **ret_upload,
    struct refusal *why)
{
	struct relay_upload *upload = relay_upload_new(relay, request);

	if (!upload)
		return failure_reason(
		    FAILURE_UNAVAILABLE, "out of memory", why);
	if (!enter(upload)) {
		relay_upload_free(upload);
		return FAILURE_ALREADY_EXISTS;
	}
	tell(upload, false);
	*ret_upload = upload;
	return FAILURE_NONE;
}

void relay_wait(struct relay_upload *upload, enum relay_event event)
{
	bool happened;

	pthread_mutex_lock(&upload->lock);
	happened = upload->over || relay_happened(upload, event);
	upload->waiting = !happened;
	upload->awaited = event;
	pthread_mutex_unlock(&upload->lock);
	if (happened)
		upload->wake(upload->argument);
}

size_t relay_write(struct relay_upload *upload, const char *bytes, size_t len)
{
	size_t end, part, taken = len;
	bool over, paused;

	pthread_mutex_lock(&upload->lock);
	over = upload->over;
	if (!over) {
		if (taken > RELAY_HELD - upload->held)
			taken = RELAY_HELD - upload->held;
		end = (upload->first + upload->held) % RELAY_HELD;
		part = taken < RELAY_HELD - end ? taken : RELAY_HELD - end;
		memcpy(upload->ring + end, bytes, part);
		memcpy(upload->ring, bytes + part, taken - part);
		upload->held += taken;
	}
	paused = upload->paused;
	pthread_mutex_unlock(&upload->lock);
	if (!over && paused)
		tell(upload, false);
	return taken;
}

bool relay_over(
    struct relay_upload *upload, enum failure *ret_failure, struct refusal *why)
{
	bool over;

	pthread_mutex_lock(&upload->lock);
	over = upload->over;
	pthread_mutex_unlock(&upload->lock);
	if (!over)
		return false;
	*ret_failure = upload->failure;
	why->reason = *upload->reason ? upload->reason : NULL;
	return true;
}

void relay_drop(struct relay_upload *upload)
{
	tell(upload, true);
}
