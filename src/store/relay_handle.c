#include "store/relay_private.h"

#include "net/handle.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * libcurl's handles. To make and to free one costs as much as a small upload,
 * and so does it to read a URL, which libcurl would do anew for each request,
 * and write it, too. So handles are used again, each for one store, whose
 * origin it has parsed; a request names its target only. That does not do for a
 * proxy, which has to be told the whole URL over plain HTTP.
 */

#define CONNECT_SECONDS 10L
#define SYSTEM_TRUSTED "/etc/ssl/certs/ca-certificates.crt"
/* The buffers that libcurl has for each upload. The first has room for what
 * libmicrohttpd gives at once. */
#define SEND_BUFFER 36864L
#define RECEIVE_BUFFER 4096L
/* What the system keeps for a store that takes no bytes. */
#define UNSENT 32768

/* Without this the system would buffer megabytes for a slow store. */
static int limit_unsent(void *of, curl_socket_t fd, curlsocktype purpose)
{
	const int most = UNSENT;

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

static CURL *open_curl(const struct relay *relay, const char *url)
{
	CURL *curl = handle_open(url, CONNECT_SECONDS, system_trusted());

	if (!curl)
		return NULL;
	curl_easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, limit_unsent);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	/* With HTTP/2 uploads would share a connection and its window. */
	curl_easy_setopt(
	    curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, SEND_BUFFER);
	curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, RECEIVE_BUFFER);
	/* libcurl would look for it each time. */
	if (!relay->proxied)
		curl_easy_setopt(curl, CURLOPT_PROXY, "");
	return curl;
}

static void close_handle(struct relay_handle *handle)
{
	if (handle->curl)
		curl_easy_cleanup(handle->curl);
	curl_url_cleanup(handle->url);
	free(handle);
}

/* False: no memory. */
static bool parse_origin(struct relay_handle *handle)
{
	handle->url = curl_url();
	return handle->url &&
	       curl_url_set(handle->url, CURLUPART_URL, handle->origin, 0) !=
		   CURLUE_OUT_OF_MEMORY &&
	       curl_easy_setopt(handle->curl, CURLOPT_CURLU, handle->url) ==
		   CURLE_OK;
}

static struct relay_handle *open_handle(
    const struct relay *relay, const char *url, struct span origin, bool whole)
{
	struct relay_handle *handle = calloc(1, sizeof *handle);

	if (!handle)
		return NULL;
	if (origin.len < sizeof handle->origin)
		memcpy(handle->origin, origin.at, origin.len);
	handle->curl = open_curl(relay, whole ? url : handle->origin);
	if (handle->curl && (whole || parse_origin(handle)))
		return handle;
	close_handle(handle);
	return NULL;
}

static struct relay_handle *find_idle(struct relay *relay, struct span origin)
{
	struct relay_handle **at = &relay->idle, *found;

	while (*at && !span_is(origin, (*at)->origin))
		at = &(*at)->next;
	found = *at;
	if (found) {
		*at = found->next;
		relay->idle_count--;
	}
	return found;
}

struct relay_handle *relay_handle_take(struct relay *relay, const char *url)
{
	const struct span origin = relay_origin(span_of(url));
	const bool whole = origin.len == 0 || origin.len >= RELAY_ORIGIN_MAX ||
			   (relay->proxied && span_starts(origin, "http:"));
	struct relay_handle *handle = whole ? NULL : find_idle(relay, origin);

	if (!handle)
		handle = open_handle(relay, url, origin, whole);
	if (!handle || whole ||
	    curl_easy_setopt(handle->curl, CURLOPT_REQUEST_TARGET,
		url + origin.len) == CURLE_OK)
		return handle;
	close_handle(handle);
	return NULL;
}

void relay_handle_give(
    struct relay *relay, struct relay_handle *handle, bool well)
{
	if (!well || !handle->url || relay->idle_count == RELAY_IDLE) {
		close_handle(handle);
		return;
	}
	/* The signature is wiped, and the headers are freed. */
	curl_easy_setopt(handle->curl, CURLOPT_REQUEST_TARGET, NULL);
	curl_easy_setopt(handle->curl, CURLOPT_HTTPHEADER, NULL);
	handle->next = relay->idle;
	relay->idle = handle;
	relay->idle_count++;
}

void relay_handle_free_all(struct relay *relay)
{
	while (relay->idle) {
		struct relay_handle *next = relay->idle->next;

		close_handle(relay->idle);
		relay->idle = next;
	}
}
