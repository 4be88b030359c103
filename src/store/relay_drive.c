#include "store/relay_private.h"

#include <sys/epoll.h>
#include <unistd.h>

/*
 * Drives libcurl by events, on whatever thread has one: a loop's when a store
 * can take or has sent something, or when a time has come; the caller's when it
 * has bytes. With curl_multi_perform each event would cost a look at all
 * uploads, and with a thread for it each piece of an upload would have to be
 * handed over, which costs more than to send it.
 */

/* So many at a time: requests are waiting, too. */
#define EVENTS 16

static int64_t now_of(const struct relay *relay)
{
	return relay->now / 1000000;
}

/* --- beginning and end of an upload --------------------------------------*/

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

bool relay_take_name(struct relay_upload *upload)
{
	struct relay *relay = upload->relay;
	const struct span name = { upload->name, upload->name_len };
	const struct relay_upload *other;

	for (other = relay->known; other; other = other->next_known)
		if (span_equal(
			(struct span){ other->name, other->name_len }, name))
			return false;
	upload->next_known = relay->known;
	relay->known = upload;
	return true;
}

/* From here on another upload of this name may begin. */
static void forget_name(struct relay_upload *upload)
{
	struct relay_upload **at = &upload->relay->known;

	while (*at && *at != upload)
		at = &(*at)->next_known;
	if (*at)
		*at = upload->next_known;
}

/* The transfer is over: it starts again where that helps, else it is judged
 * and the caller woken. */
static void finish(struct relay_upload *upload, CURLcode code)
{
	CURLM *multi = upload->relay->multi;

	curl_multi_remove_handle(multi, upload->handle->curl);
	upload->moved = now_of(upload->relay);
	if (!upload->relay->spoilt && relay_again(upload) &&
	    curl_multi_add_handle(multi, upload->handle->curl) == CURLM_OK)
		return;
	delist(upload);
	upload->added = false;
	forget_name(upload);
	relay_judge(upload, code);
	upload->over = true;
	relay_notice(upload);
}

/* --- driving --------------------------------------------------------------*/

static void look_for_answers(struct relay *relay)
{
	struct CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(relay->multi, &left)))
		if (message->msg == CURLMSG_DONE)
			finish(relay_upload_of(message->easy_handle),
			    message->data.result);
}

static void finish_all(struct relay *relay, CURLcode code)
{
	struct relay_upload *upload, *next;

	for (upload = relay->running; upload; upload = next) {
		next = upload->next;
		finish(upload, code);
	}
}

/* libcurl has lacked memory for the socket of some upload, which would wait for
 * ever: all of them end, for libcurl does not say which it was. */
static void spoil(struct relay *relay)
{
	relay->spoilt = true;
	finish_all(relay, CURLE_OUT_OF_MEMORY);
}

static void drive(struct relay *relay, int fd, int events)
{
	CURLMcode code;
	int running;

	do {
		/* libcurl says again what is due after this one. */
		if (fd == CURL_SOCKET_TIMEOUT)
			relay->due = RELAY_NEVER;
		code = curl_multi_socket_action(
		    relay->multi, fd, events, &running);
		look_for_answers(relay);
		if (code != CURLM_OK)
			spoil(relay);
		fd = CURL_SOCKET_TIMEOUT;
		events = 0;
	} while (relay->due <= relay->now);
}

void relay_transfer(struct relay_upload *upload)
{
	struct relay *relay = upload->relay;

	upload->moved = now_of(relay);
	enlist(upload);
	upload->added = true;
	if (relay->cut)
		finish(upload, CURLE_ABORTED_BY_CALLBACK);
	else if (!relay_watch_renew(relay) ||
		 curl_multi_add_handle(relay->multi, upload->handle->curl) !=
		     CURLM_OK)
		finish(upload, CURLE_OUT_OF_MEMORY);
	else
		drive(relay, CURL_SOCKET_TIMEOUT, 0);
}

void relay_end(struct relay_upload *upload)
{
	if (!upload->added)
		return;
	curl_multi_remove_handle(upload->relay->multi, upload->handle->curl);
	delist(upload);
	forget_name(upload);
}

void relay_end_all(struct relay *relay)
{
	relay->cut = true;
	finish_all(relay, CURLE_ABORTED_BY_CALLBACK);
}

/* --- sending -------------------------------------------------------------*/

/* Nothing of the body is left with libcurl. */
static bool all_sent(const struct relay_upload *upload)
{
	curl_off_t sent = 0;

	curl_easy_getinfo(upload->handle->curl, CURLINFO_SIZE_UPLOAD_T, &sent);
	return (uint64_t)sent == upload->given;
}

/* libcurl is to find out what the socket can do: an answer that has come counts
 * more than the error of a write to a connection that was closed behind it. */
static void go_on(struct relay_upload *upload)
{
	if (!upload->paused) {
		drive(upload->relay, upload->fd, 0);
		return;
	}
	upload->paused = false;
	curl_easy_pause(upload->handle->curl, CURLPAUSE_CONT);
	drive(upload->relay, CURL_SOCKET_TIMEOUT, 0);
}

/* As long as the socket takes all that libcurl has there is no need to wait for
 * room in it. */
void relay_push(struct relay_upload *upload)
{
	bool took = true;

	if (!relay_starves(upload))
		return;
	upload->moved = now_of(upload->relay);
	relay_hold(upload, upload->fd >= 0);
	while (took && upload->offered.len && relay_starves(upload)) {
		size_t before = upload->offered.len;

		go_on(upload);
		if (upload->over)
			return;
		took = upload->offered.len < before;
		relay_hold(upload, took && upload->held && all_sent(upload) &&
				       upload->given < upload->size);
	}
}

/* --- events ---------------------------------------------------------------*/

/* Ends transfers whose store takes no byte, or owes its answer, for too long.
 * While a transfer starves it is the client who owes bytes. */
static void look_for_stalls(struct relay *relay)
{
	int64_t last = now_of(relay) - atomic_load(&relay->stall_timeout);
	struct relay_upload *upload, *next;

	for (upload = relay->running; upload; upload = next) {
		next = upload->next;
		if (!relay_starves(upload) && upload->moved < last)
			finish(upload, CURLE_OPERATION_TIMEDOUT);
	}
}

static void on_time(struct relay *relay)
{
	uint64_t count;

	if (read(relay->timer, &count, sizeof count) < 0)
		return;
	relay->armed = RELAY_NEVER;
	if (relay->due <= relay->now)
		drive(relay, CURL_SOCKET_TIMEOUT, 0);
	look_for_stalls(relay);
}

static void on_event(struct relay *relay, const struct epoll_event *event)
{
	int events = 0;

	/* With 0 libcurl finds out what has happened. */
	if (!(event->events & ~(unsigned)(EPOLLIN | EPOLLOUT)))
		events = (event->events & EPOLLIN ? CURL_CSELECT_IN : 0) |
			 (event->events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
	if (event->data.fd == relay->timer)
		on_time(relay);
	else
		drive(relay, event->data.fd, events);
}

void relay_run(struct relay *relay)
{
	struct epoll_event events[EVENTS];
	int count;

	/* While an upload runs the timer is armed. */
	if (relay->armed == RELAY_NEVER)
		return;
	count = epoll_wait(relay->epoll, events, EVENTS, 0);
	if (count <= 0)
		return;
	relay_enter(relay);
	for (int i = 0; i < count; i++)
		on_event(relay, &events[i]);
	relay_leave(relay);
}
