#include "net/fetch.h"

#include "net/forget.h"
#include "net/handle.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_SECONDS 10L
#define SECONDS 30L
#define POLL_MS 1000

/* One transfer under way. */
struct transfer {
	const struct fetch_request *request;
	struct fetch_reply *reply;
	CURL *curl;
	size_t headers;  /* bytes */
	uint64_t given;  /* of the body */
	bool cut;        /* there is no more of it */
	bool too_large;  /* the body */
	bool unexpected; /* 417: the server does not know Expect */
};

bool fetch_start(void)
{
	return curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, forget,
		   forget_realloc, strdup, calloc) == CURLE_OK;
}

void fetch_end(void)
{
	curl_global_cleanup();
}

bool fetch_stopped(int stop)
{
	struct pollfd file = { stop, POLLIN, 0 };

	return poll(&file, 1, 0) > 0;
}

/* For request->take. */
static bool is_taken(const struct transfer *transfer)
{
	long status = 0;

	curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
	return transfer->request->take && status >= 200 && status < 300;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *of)
{
	struct transfer *transfer = of;
	struct fetch_reply *reply = transfer->reply;
	size_t len = size * count;
	size_t part = FETCH_BODY - reply->body_len;

	if (is_taken(transfer))
		return transfer->request->take(
			   transfer->request->of, (struct span){ bytes, len })
			   ? len
			   : 0;
	if (part > len)
		part = len;
	transfer->too_large = transfer->request->whole && part < len;
	memcpy(reply->body + reply->body_len, bytes, part);
	reply->body_len += part;
	reply->body[reply->body_len] = '\0';
	return transfer->too_large ? 0 : len;
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

#define KEEP(name, to) keep(line, name, to, sizeof(to))

static void keep_all(struct span line, struct fetch_reply *reply)
{
	char date[64] = "";

	KEEP("access-control-allow-origin", reply->allow_origin);
	KEEP("access-control-allow-methods", reply->allow_methods);
	KEEP("access-control-allow-headers", reply->allow_headers);
	KEEP("location", reply->location);
	KEEP("server", reply->server);
	KEEP("content-type", reply->type);
	KEEP("content-disposition", reply->disposition);
	KEEP("x-amz-transition-default-minimum-object-size", reply->transition);
	KEEP("date", date);
	if (*date)
		reply->date = curl_getdate(date, NULL);
	reply->is_file |= is_header(line, "last-modified");
	reply->swift |= is_header(line, "x-openstack-request-id") ||
			is_header(line, "x-trans-id");
}

static size_t take_header(char *bytes, size_t size, size_t count, void *of)
{
	struct transfer *transfer = of;
	const struct span line = { bytes, size * count };
	const unsigned status = handle_status(line);

	transfer->headers += line.len;
	if (transfer->headers > HANDLE_HEADERS_MAX)
		return 0;
	transfer->reply->continued |= status == 100;
	/* libcurl would try again with the same header. */
	if (status == 417 && transfer->request->expect) {
		transfer->unexpected = true;
		return 0;
	}
	keep_all(line, transfer->reply);
	return line.len;
}

static size_t give_body(char *bytes, size_t size, size_t count, void *of)
{
	struct transfer *transfer = of;
	const struct fetch_request *request = transfer->request;
	const uint64_t left = request->give_size - transfer->given;
	const size_t room = size * count < left ? size * count : (size_t)left;
	long len = 0;

	if (!room)
		return 0;
	len = request->give(request->of, transfer->given, bytes, room);
	transfer->cut = len <= 0;
	if (transfer->cut)
		return CURL_READFUNC_ABORT;
	transfer->given += (uint64_t)len;
	return (size_t)len;
}

/* When a connection that was kept turns out to be closed, libcurl begins again
 * on another one. */
static int rewind_body(void *of, curl_off_t offset, int origin)
{
	struct transfer *transfer = of;

	if (origin != SEEK_SET || offset < 0 ||
	    (uint64_t)offset > transfer->request->give_size)
		return CURL_SEEKFUNC_FAIL;
	transfer->given = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static void set_given(CURL *curl, struct transfer *transfer)
{
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE,
	    (curl_off_t)transfer->request->give_size);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
	curl_easy_setopt(curl, CURLOPT_READDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, rewind_body);
	curl_easy_setopt(curl, CURLOPT_SEEKDATA, transfer);
	curl_easy_setopt(
	    curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
}

static void set_time(CURL *curl, const struct fetch_request *request)
{
	if (request->stall_seconds) {
		curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
		curl_easy_setopt(
		    curl, CURLOPT_LOW_SPEED_TIME, request->stall_seconds);
	} else {
		curl_easy_setopt(curl, CURLOPT_TIMEOUT,
		    request->seconds ? request->seconds : SECONDS);
	}
}

static void set_body(CURL *curl, struct transfer *transfer)
{
	const struct fetch_request *request = transfer->request;

	if (request->give)
		set_given(curl, transfer);
	if (!request->body.at)
		return;
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.at);
	curl_easy_setopt(
	    curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
	/* As the relay does it. */
	if (request->expect)
		curl_easy_setopt(
		    curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
}

static void set_all(CURL *curl, struct transfer *transfer)
{
	const struct fetch_request *request = transfer->request;

	set_time(curl, request);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer->reply->error);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
	if (request->direct)
		curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	if (request->any_certificate) {
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (request->unix_path)
		curl_easy_setopt(
		    curl, CURLOPT_UNIX_SOCKET_PATH, request->unix_path);
	if (strcmp(request->method, "HEAD") == 0)
		curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
	set_body(curl, transfer);
}

/* With an empty value libcurl leaves out what it would add on its own. */
static bool list_headers(
    const struct fetch_request *request, struct curl_slist **list)
{
	bool ok = handle_header(list,
		      request->expect ? "Expect: 100-continue" : "Expect:") &&
		  handle_header(list, "Content-Type:");

	for (size_t i = 0; i < FETCH_HEADERS && request->headers[i]; i++)
		ok = ok && handle_header(list, request->headers[i]);
	return ok;
}

static CURLcode wait(CURLM *multi, int stop)
{
	struct curl_waitfd file = { .fd = stop, .events = CURL_WAIT_POLLIN };
	CURLcode code = CURLE_ABORTED_BY_CALLBACK;
	CURLMsg *message;
	int running = 1, left;

	while (running && !file.revents) {
		if (curl_multi_perform(multi, &running) != CURLM_OK)
			return CURLE_OUT_OF_MEMORY;
		if (running && curl_multi_poll(multi, &file, stop >= 0, POLL_MS,
				   NULL) != CURLM_OK)
			return CURLE_OUT_OF_MEMORY;
	}
	while ((message = curl_multi_info_read(multi, &left)))
		if (message->msg == CURLMSG_DONE)
			code = message->data.result;
	return code;
}

/* Its multi handle has the connections. */
struct fetch_line {
	CURLM *multi;
};

struct fetch_line *fetch_line_open(void)
{
	struct fetch_line *line = malloc(sizeof *line);

	if (!line)
		return NULL;
	line->multi = curl_multi_init();
	if (line->multi)
		return line;
	free(line);
	return NULL;
}

void fetch_line_close(struct fetch_line *line)
{
	if (!line)
		return;
	curl_multi_cleanup(line->multi);
	free(line);
}

static CURLcode perform(CURL *curl, const struct fetch_line *line, int stop)
{
	CURLM *multi = line ? line->multi : curl_multi_init();
	CURLcode code = CURLE_OUT_OF_MEMORY;

	if (multi && curl_multi_add_handle(multi, curl) == CURLM_OK) {
		code = wait(multi, stop);
		curl_multi_remove_handle(multi, curl);
	}
	if (multi && !line)
		curl_multi_cleanup(multi);
	return code;
}

static enum fetch_result result_of(
    const struct transfer *transfer, CURLcode code)
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
		return transfer->cut ? FETCH_BROKEN : FETCH_STOPPED;
	default:
		return transfer->too_large ||
			       transfer->headers > HANDLE_HEADERS_MAX
			   ? FETCH_TOO_LARGE
			   : FETCH_BROKEN;
	}
}

static void judge(const struct transfer *transfer, long status, CURLcode code)
{
	struct fetch_reply *reply = transfer->reply;

	/* A server that answers before it has read all may close early. */
	if (status >= 300 &&
	    (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR))
		code = CURLE_OK;
	if (transfer->unexpected) {
		code = CURLE_OK;
		status = 417;
	}
	reply->result = result_of(transfer, code);
	reply->status = (unsigned)status;
	if (reply->result == FETCH_TOO_LARGE)
		snprintf(reply->error, sizeof reply->error,
		    "more than %d bytes%s",
		    transfer->too_large ? FETCH_BODY : HANDLE_HEADERS_MAX,
		    transfer->too_large ? "" : " of headers");
	else if (code != CURLE_OK && !*reply->error)
		snprintf(reply->error, sizeof reply->error, "%s",
		    curl_easy_strerror(code));
}

/* libcurl knows file:// and more. */
static bool is_http(const char *url)
{
	return span_starts(span_of(url), "http://") ||
	       span_starts(span_of(url), "https://");
}

void fetch(const struct fetch_request *request, int stop,
    struct fetch_reply *ret_reply)
{
	struct transfer transfer = { .request = request, .reply = ret_reply };
	const bool known = is_http(request->url);
	struct curl_slist *headers = NULL;
	CURL *curl = NULL;
	CURLcode code =
	    known ? CURLE_OUT_OF_MEMORY : CURLE_UNSUPPORTED_PROTOCOL;
	long status = 0;

	*ret_reply = (struct fetch_reply){ .date = -1 };
	if (known && list_headers(request, &headers))
		curl = handle_open(request->url,
		    request->connect_seconds ? request->connect_seconds
					     : CONNECT_SECONDS,
		    NULL);
	transfer.curl = curl;
	if (curl) {
		set_all(curl, &transfer);
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
		code = perform(curl, request->line, stop);
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_cleanup(curl);
	}
	curl_slist_free_all(headers);
	judge(&transfer, status, code);
}
