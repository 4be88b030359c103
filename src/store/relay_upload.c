#include "store/relay_private.h"

#include "net/handle.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * One upload. relay_begin makes it; then two threads touch it:
 *
 * - The caller's thread calls relay_wait, relay_write, relay_over and
 *   relay_drop. With upload->lock it touches the ring and the flags that stand
 *   with it, with relay->lock the lists that the upload is in.
 * - The relay's thread touches everything else, above all libcurl's handle, and
 *   runs the callbacks below. It looks at an upload when the caller has put it
 *   into relay->told.
 *
 * No thread holds both locks at once, or either of them while it calls wake.
 * failure and reason are written before `over` is set, and never again: after
 * that the caller reads them without a lock. relay_drop gives the upload to
 * the relay's thread, which frees it.
 */

#define CONNECT_SECONDS 10L
#define SYSTEM_TRUSTED "/etc/ssl/certs/ca-certificates.crt"
/* The buffers that libcurl has for each upload. */
#define SEND_BUFFER 32768L
#define RECEIVE_BUFFER 16384L

static const char condition[] = "If-None-Match: *";
static const char expectation[] = "Expect: 100-continue";
static const char no_expectation[] = "Expect:";

bool relay_happened(const struct relay_upload *upload, enum relay_event event)
{
	switch (event) {
	case RELAY_READY:
		return upload->ready;
	case RELAY_ROOM:
		return upload->held <= RELAY_HELD / 2;
	default:
		return false;
	}
}

/* --- libcurl's callbacks, on the relay's thread --------------------------*/

static size_t take(struct relay_upload *upload, char *bytes, size_t size)
{
	size_t len = size < upload->held ? size : upload->held;
	size_t rest = RELAY_HELD - upload->first;
	size_t part = len < rest ? len : rest;

	memcpy(bytes, upload->ring + upload->first, part);
	memcpy(bytes + part, upload->ring, len - part);
	upload->first = (upload->first + len) % RELAY_HELD;
	upload->held -= len;
	return len;
}

static size_t give_body(char *bytes, size_t size, size_t count, void *of)
{
	struct relay_upload *upload = of;
	size_t len;
	bool wake;

	if (upload->answered)
		return CURL_READFUNC_ABORT;
	/* libcurl asks for the body, but no 100 has come for a second. */
	if (upload->expectation && upload->status == 0)
		relay_learn_silence(upload);
	upload->expectation = false;
	pthread_mutex_lock(&upload->lock);
	upload->ready = true;
	len = take(upload, bytes, size * count);
	upload->paused = len == 0 && upload->given < upload->size;
	wake = upload->waiting && relay_happened(upload, upload->awaited);
	if (wake)
		upload->waiting = false;
	pthread_mutex_unlock(&upload->lock);
	if (wake)
		upload->wake(upload->argument);
	upload->given += len;
	upload->moved = upload->relay->clock() / 1000000;
	if (!len && upload->given < upload->size)
		return CURL_READFUNC_PAUSE;
	return len;
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

/* libcurl does not end a transfer while it is paused: an answer that comes
 * before the whole body has to end the pause. */
static size_t watch_head(char *bytes, size_t size, size_t count, void *of)
{
	struct relay_upload *upload = of;
	const struct span line = { bytes, size * count };
	const unsigned status = handle_status(line);
	bool paused;

	upload->heads += line.len;
	if (upload->heads > HANDLE_HEADERS_MAX)
		return 0;
	if (status) {
		upload->status = status;
		/* libcurl would try again with the same header. */
		return status == 417 ? 0 : line.len;
	}
	if (line.len > 2 || upload->status < 200)
		return line.len;
	upload->answered = true;
	pthread_mutex_lock(&upload->lock);
	paused = upload->paused;
	upload->paused = false;
	pthread_mutex_unlock(&upload->lock);
	if (paused)
		curl_easy_pause(upload->curl, CURLPAUSE_CONT);
	return line.len;
}

/* --- its life ------------------------------------------------------------*/

/* Both headers let the store refuse before the client has sent anything. They
 * are left out where the store is known not to know them; the empty Expect
 * keeps libcurl from adding one. */
static bool add_headers(
    struct relay_upload *upload, const struct relay_request *request)
{
	relay_recall(upload->relay, request->url, &upload->condition,
	    &upload->expectation);
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

/* Without this the system would buffer megabytes for a slow store. */
static int limit_unsent(void *of, curl_socket_t fd, curlsocktype purpose)
{
	const int most = SEND_BUFFER;

	(void)of;
	(void)purpose;
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most, sizeof most);
	return CURL_SOCKOPT_OK;
}

/* libcurl reads certificates once for all connections, and not into the memory
 * of each, only if they are in one file with no folder beside it. */
static const char *system_trusted(void)
{
	return access(SYSTEM_TRUSTED, R_OK) == 0 ? SYSTEM_TRUSTED : NULL;
}

static void set_all(struct relay_upload *upload)
{
	CURL *curl = upload->curl;

	curl_easy_setopt(curl, CURLOPT_PRIVATE, upload);
	curl_easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, limit_unsent);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(
	    curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)upload->size);
	/* With HTTP/2 uploads would share a connection and its window. */
	curl_easy_setopt(
	    curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, SEND_BUFFER);
	curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, RECEIVE_BUFFER);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, upload->headers);
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
	pthread_mutex_init(&upload->lock, NULL);
	upload->relay = relay;
	upload->size = request->size;
	upload->wake = request->wake;
	upload->argument = request->argument;
	upload->name_len = request->name.len;
	memcpy(upload->name, request->name.at, request->name.len);
	upload->curl =
	    handle_open(request->url, CONNECT_SECONDS, system_trusted());
	if (!upload->curl || !add_headers(upload, request)) {
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
	curl_easy_setopt(upload->curl, CURLOPT_HTTPHEADER, upload->headers);
	upload->body_len = 0;
	upload->status = 0;
	upload->heads = 0;
	upload->answered = false;
	return true;
}

void relay_leave(struct relay_upload *upload)
{
	struct relay *relay = upload->relay;
	struct relay_upload **at = &relay->known;

	pthread_mutex_lock(&relay->lock);
	while (*at && *at != upload)
		at = &(*at)->next_known;
	if (*at)
		*at = upload->next_known;
	pthread_mutex_unlock(&relay->lock);
}

void relay_upload_free(struct relay_upload *upload)
{
	relay_leave(upload);
	if (upload->curl)
		curl_easy_cleanup(upload->curl);
	curl_slist_free_all(upload->headers);
	pthread_mutex_destroy(&upload->lock);
	free(upload);
}
