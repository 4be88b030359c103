#include "store/relay_private.h"

#include "net/handle.h"

#include <stdlib.h>
#include <string.h>

static const char condition[] = "If-None-Match: *";
static const char expectation[] = "Expect: 100-continue";
static const char no_expectation[] = "Expect:";

/* --- libcurl's callbacks -------------------------------------------------*/

static int64_t seconds(const struct relay_upload *upload)
{
	return upload->relay->now / 1000000;
}

static size_t give_body(char *bytes, size_t size, size_t count, void *of)
{
	struct relay_upload *upload = of;
	const struct span part = span_first(upload->offered, size * count);

	if (upload->answered)
		return CURL_READFUNC_ABORT;
	/* libcurl asks for the body, but no 100 has come for a second. */
	if (upload->expectation && upload->status == 0)
		relay_learn_silence(upload);
	upload->expectation = false;
	upload->ready = true;
	memcpy(bytes, part.at, part.len);
	upload->offered = span_from(upload->offered, part.len);
	upload->given += part.len;
	upload->moved = seconds(upload);
	upload->paused = part.len == 0 && upload->given < upload->size;
	relay_notice(upload);
	return upload->paused ? CURL_READFUNC_PAUSE : part.len;
}

/* When a reused connection turns out to be closed, libcurl starts again on
 * another one. It can while no byte of the body was given to it. */
static int rewind_body(void *of, curl_off_t offset, int origin)
{
	const struct relay_upload *upload = of;

	return origin == SEEK_SET && offset == 0 && upload->given == 0
		   ? CURL_SEEKFUNC_OK
		   : CURL_SEEKFUNC_FAIL;
}

static size_t keep_answer(char *bytes, size_t size, size_t count, void *of)
{
	struct relay_upload *upload = of;
	size_t len = size * count;
	size_t room = RELAY_BODY - upload->body_len;

	if (room > len)
		room = len;
	memcpy(upload->body + upload->body_len, bytes, room);
	upload->body_len += room;
	upload->body[upload->body_len] = '\0';
	return len;
}

/* The store wants the body. libcurl would now wait for room in the socket, and
 * then ask for bytes that are not there. */
static void want_body(struct relay_upload *upload)
{
	if (upload->ready)
		return;
	upload->ready = true;
	relay_hold(upload, true);
	relay_notice(upload);
}

/* libcurl does not end a transfer while it is paused: an answer that comes
 * before the whole body has to end the pause. */
static void want_no_more(struct relay_upload *upload)
{
	upload->answered = true;
	relay_hold(upload, false);
	if (upload->paused)
		curl_easy_pause(upload->handle->curl, CURLPAUSE_CONT);
	upload->paused = false;
}

static size_t watch_head(char *bytes, size_t size, size_t count, void *of)
{
	struct relay_upload *upload = of;
	const struct span line = { bytes, size * count };
	const unsigned status = handle_status(line);

	upload->heads += line.len;
	if (upload->heads > HANDLE_HEADERS_MAX)
		return 0;
	if (status) {
		upload->status = status;
		/* libcurl would try again with the same header. */
		return status == 417 ? 0 : line.len;
	}
	if (line.len > 2)
		return line.len;
	if (upload->status >= 200)
		want_no_more(upload);
	else if (upload->status == 100)
		want_body(upload);
	return line.len;
}

/* --- its life ------------------------------------------------------------*/

/* Both headers let the store refuse before the client has sent anything. They
 * are left out where the store is known not to know them; the empty Expect
 * keeps libcurl from adding one. */
static bool add_headers(
    struct relay_upload *upload, const struct relay_request *request)
{
	relay_recall(upload, &upload->condition, &upload->expectation);
	upload->expectation &= upload->size > 0;
	if ((upload->condition &&
		!handle_header(&upload->headers, condition)) ||
	    !handle_header(&upload->headers,
		upload->expectation ? expectation : no_expectation))
		return false;
	for (size_t i = 0; i < RELAY_HEADERS && request->headers[i]; i++)
		if (!handle_header(&upload->headers, request->headers[i]))
			return false;
	return true;
}

static void set_all(struct relay_upload *upload)
{
	CURL *curl = upload->handle->curl;

	curl_easy_setopt(curl, CURLOPT_PRIVATE, upload);
	curl_easy_setopt(
	    curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)upload->size);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, upload->headers);
	/* libcurl sends again what a reused connection has taken without an
	 * answer. The store may have kept an empty file by then, and would
	 * refuse it to a client who has sent it once. */
	curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, upload->size ? 0L : 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
	curl_easy_setopt(curl, CURLOPT_READDATA, upload);
	curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, rewind_body);
	curl_easy_setopt(curl, CURLOPT_SEEKDATA, upload);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, watch_head);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, upload);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_answer);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, upload);
}

struct relay_upload *relay_upload_new(
    struct relay *relay, const struct relay_request *request)
{
	struct relay_upload *upload;

	if (request->name.len > RELAY_NAME_MAX)
		return NULL;
	upload = calloc(1, sizeof *upload);
	if (!upload)
		return NULL;
	upload->relay = relay;
	upload->fd = -1;
	upload->offered = SPAN_EMPTY;
	upload->size = request->size;
	upload->wake = request->wake;
	upload->argument = request->argument;
	upload->name_len = request->name.len;
	memcpy(upload->name, request->name.at, request->name.len);
	upload->handle = relay_handle_take(relay, request->url);
	if (!upload->handle || !add_headers(upload, request)) {
		relay_upload_free(upload);
		return NULL;
	}
	set_all(upload);
	return upload;
}

/* False when the list has no such header. */
static bool drop_header(struct relay_upload *upload, const char *header)
{
	struct curl_slist **at = &upload->headers, *found;

	while (*at && strcmp((*at)->data, header) != 0)
		at = &(*at)->next;
	found = *at;
	if (!found)
		return false;
	*at = found->next;
	found->next = NULL;
	curl_slist_free_all(found);
	return true;
}

/* The header that the store's answer says it does not know; NULL: none. That
 * is remembered for the uploads that follow. */
static const char *not_known(struct relay_upload *upload)
{
	if (upload->status == 417) {
		relay_learn_silence(upload);
		return expectation;
	}
	if (upload->status != 501)
		return NULL;
	/* A 501 without the condition is about something else. */
	relay_learn_condition(upload, !upload->condition);
	return upload->condition ? condition : NULL;
}

bool relay_again(struct relay_upload *upload)
{
	const char *header = not_known(upload);

	if (!header || upload->given || !drop_header(upload, header))
		return false;
	if (header == expectation &&
	    !handle_header(&upload->headers, no_expectation))
		return false;
	if (header == condition)
		upload->condition = false;
	else
		upload->expectation = false;
	curl_easy_setopt(
	    upload->handle->curl, CURLOPT_HTTPHEADER, upload->headers);
	upload->body_len = 0;
	upload->status = 0;
	upload->heads = 0;
	upload->answered = false;
	upload->held = false;
	upload->paused = false;
	return true;
}

void relay_upload_free(struct relay_upload *upload)
{
	/* After a failure it is not worth thinking what its state is. */
	if (upload->handle)
		relay_handle_give(upload->relay, upload->handle,
		    upload->over && upload->failure == FAILURE_NONE);
	curl_slist_free_all(upload->headers);
	free(upload);
}
