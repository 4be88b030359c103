#include "doctor/fetch.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CONNECT_SECONDS 10L
#define SECONDS 30L
/* libcurl keeps all header lines, and those behind a body as well. */
#define HEADERS_MAX 65536

/* One transfer under way. */
struct transfer {
	const struct fetch_request *request;
	const volatile sig_atomic_t *stop;
	struct fetch_reply *reply;
	size_t sent;
	size_t headers;  /* bytes */
	bool unexpected; /* 417: it does not know Expect */
};

bool fetch_start(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

void fetch_end(void)
{
	curl_global_cleanup();
}

static size_t take_body(char *bytes, size_t size, size_t count, void *of)
{
	struct fetch_reply *reply = ((struct transfer *)of)->reply;
	size_t len = size * count;
	size_t room = FETCH_BODY - reply->body_len;

	if (room > len)
		room = len;
	memcpy(reply->body + reply->body_len, bytes, room);
	reply->body_len += room;
	reply->body[reply->body_len] = '\0';
	return len;
}

static size_t give_body(char *bytes, size_t size, size_t count, void *of)
{
	struct transfer *transfer = of;
	struct span rest = span_from(transfer->request->body, transfer->sent);
	size_t len = size * count < rest.len ? size * count : rest.len;

	memcpy(bytes, rest.at, len);
	transfer->sent += len;
	return len;
}

static bool is_header(struct span line, const char *name)
{
	return span_equal_nocase(
	    span_first(line, span_find(line, ':')), span_of(name));
}

/* Printable ASCII alone: it may be shown on a terminal. */
static void keep(struct span line, const char *name, char *to, size_t size)
{
	size_t colon = span_find(line, ':');
	struct span value = span_trim(span_from(line, colon + 1), " \t\r\n");

	if (!is_header(line, name))
		return;
	/* Half a URL leads elsewhere. */
	if (size == FETCH_LOCATION && value.len >= size)
		return;
	snprintf(to, size, "%.*s", (int)value.len, value.at);
	for (; *to; to++)
		if (*to < ' ' || *to > '~')
			*to = '?';
}

static size_t take_header(char *bytes, size_t size, size_t count, void *of)
{
	struct transfer *transfer = of;
	struct fetch_reply *reply = transfer->reply;
	struct span line = { bytes, size * count };
	char date[64] = "";

	transfer->headers += line.len;
	if (transfer->headers > HEADERS_MAX)
		return 0;
	if (span_starts(line, "HTTP/")) {
		const struct span code =
		    span_from(line, span_find(line, ' ') + 1);

		if (span_starts(code, "100"))
			reply->continued = true;
		/* libcurl would try again with the same header. */
		transfer->unexpected = span_starts(code, "417");
		if (transfer->unexpected && transfer->request->expect)
			return 0;
	}
	keep(line, "date", date, sizeof date);
	if (*date)
		reply->date = curl_getdate(date, NULL);
	keep(line, "access-control-allow-origin", reply->allow_origin,
	    sizeof reply->allow_origin);
	keep(line, "access-control-allow-methods", reply->allow_methods,
	    sizeof reply->allow_methods);
	keep(line, "access-control-allow-headers", reply->allow_headers,
	    sizeof reply->allow_headers);
	keep(line, "location", reply->location, sizeof reply->location);
	keep(line, "server", reply->server, sizeof reply->server);
	keep(line, "content-type", reply->type, sizeof reply->type);
	keep(line, "content-disposition", reply->disposition,
	    sizeof reply->disposition);
	if (is_header(line, "x-openstack-request-id") ||
	    is_header(line, "x-trans-id"))
		reply->swift = true;
	return size * count;
}

static int progress(void *of, curl_off_t down_total, curl_off_t down,
    curl_off_t up_total, curl_off_t up)
{
	const struct transfer *transfer = of;

	(void)down_total;
	(void)down;
	(void)up_total;
	(void)up;
	return transfer->stop && *transfer->stop && !transfer->request->must;
}

static enum fetch_result result_of(CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return FETCH_ANSWERED;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return FETCH_NO_NAME;
	case CURLE_COULDNT_CONNECT:
		return FETCH_NO_CONNECTION;
	case CURLE_PEER_FAILED_VERIFICATION:
		return FETCH_CERTIFICATE;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
		return FETCH_TLS;
	case CURLE_OPERATION_TIMEDOUT:
		return FETCH_TIMEOUT;
	case CURLE_ABORTED_BY_CALLBACK:
		return FETCH_STOPPED;
	default:
		return FETCH_BROKEN;
	}
}

static void set_method(CURL *curl, const struct fetch_request *request)
{
	if (strcmp(request->method, "HEAD") == 0) {
		curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
		return;
	}
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
	if (!request->body.at)
		return;
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
	curl_easy_setopt(
	    curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->body.len);
	/* As the relay does it. */
	if (request->expect)
		curl_easy_setopt(
		    curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
}

static void set_all(CURL *curl, struct transfer *transfer)
{
	const char *trusted = getenv("SSL_CERT_FILE");

	curl_easy_setopt(curl, CURLOPT_URL, transfer->request->url);
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT,
	    transfer->request->seconds ? transfer->request->seconds : SECONDS);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer->reply->error);
	curl_easy_setopt(curl, CURLOPT_READDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, progress);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
	/* Instead of the system's, its folder included. */
	if (trusted && *trusted) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, trusted);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	if (transfer->request->ours) {
		curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (transfer->request->unix_path)
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH,
		    transfer->request->unix_path);
	set_method(curl, transfer->request);
}

static struct curl_slist *headers_of(const struct fetch_request *request)
{
	struct curl_slist *list = NULL;

	/* A body this small goes at once, unless that is what is tried. */
	if (request->body.at)
		list = curl_slist_append(
		    list, request->expect ? "Expect: 100-continue" : "Expect:");
	for (size_t i = 0; i < FETCH_HEADERS && request->headers[i]; i++) {
		struct curl_slist *longer =
		    curl_slist_append(list, request->headers[i]);

		if (longer)
			list = longer;
	}
	return list;
}

void fetch_do(const struct fetch_request *request,
    const volatile sig_atomic_t *stop, struct fetch_reply *ret_reply)
{
	struct transfer transfer = { request, stop, ret_reply, 0, 0, false };
	struct curl_slist *headers = headers_of(request);
	CURL *curl = curl_easy_init();
	CURLcode code = CURLE_FAILED_INIT;
	long status = 0;

	*ret_reply = (struct fetch_reply){ .date = -1 };
	if (curl) {
		set_all(curl, &transfer);
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
		code = curl_easy_perform(curl);
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_cleanup(curl);
	}
	curl_slist_free_all(headers);
	/* Who answers before it has read all may close early. */
	if (status >= 300 &&
	    (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR))
		code = CURLE_OK;
	if (transfer.unexpected && code == CURLE_WRITE_ERROR) {
		code = CURLE_OK;
		status = 417;
	}
	ret_reply->result = result_of(code);
	ret_reply->status = (unsigned)status;
	if (code != CURLE_OK && !*ret_reply->error)
		snprintf(ret_reply->error, sizeof ret_reply->error, "%s",
		    curl_easy_strerror(code));
}
