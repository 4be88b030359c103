#include "creds/fetch.h"

#include "creds/forget.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS 10L
#define NEAR_SECONDS 2L
#define POLL_MS 1000
/* CURLOPT_QUICK_EXIT, which 7.87 knows first; others ignore it. */
#define QUICK_EXIT ((CURLoption)(CURLOPTTYPE_LONG + 322))
/* libcurl keeps all header lines, and those behind a body as well. */
#define HEADERS_MAX 65536

struct creds_fetcher {
	CURLM *multi;
	int stop;
};

/* One transfer under way. */
struct transfer {
	struct creds_answer *answer;
	bool too_large;
	size_t headers; /* bytes */
	char error[CURL_ERROR_SIZE];
};

bool creds_fetch_start(void)
{
	return curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, forget,
		   forget_realloc, strdup, calloc) == CURLE_OK;
}

void creds_fetch_end(void)
{
	curl_global_cleanup();
}

struct creds_fetcher *creds_fetcher_open(int stop)
{
	struct creds_fetcher *fetcher = calloc(1, sizeof *fetcher);

	if (!fetcher)
		return NULL;
	fetcher->stop = stop;
	fetcher->multi = curl_multi_init();
	if (fetcher->multi)
		return fetcher;
	free(fetcher);
	return NULL;
}

void creds_fetcher_close(struct creds_fetcher *fetcher)
{
	curl_multi_cleanup(fetcher->multi);
	free(fetcher);
}

static size_t take_body(char *bytes, size_t size, size_t count, void *of)
{
	struct transfer *transfer = of;
	struct span *body = &transfer->answer->body;
	size_t len = size * count;

	if (len > CREDS_FETCH_BODY - body->len) {
		transfer->too_large = true;
		return 0;
	}
	memcpy(transfer->answer->memory + body->len, bytes, len);
	body->len += len;
	transfer->answer->memory[body->len] = '\0';
	return len;
}

static size_t count_header(char *bytes, size_t size, size_t count, void *of)
{
	struct transfer *transfer = of;

	(void)bytes;
	transfer->headers += size * count;
	return transfer->headers > HEADERS_MAX ? 0 : size * count;
}

static void set_method(CURL *curl, const struct creds_call *call)
{
	if (strcmp(call->method, "GET") == 0)
		return;
	curl_easy_setopt(curl, CURLOPT_POST, 1L);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
	curl_easy_setopt(
	    curl, CURLOPT_POSTFIELDS, call->body.len ? call->body.at : "");
	curl_easy_setopt(
	    curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
}

static void set_all(
    CURL *curl, const struct creds_call *call, struct transfer *transfer)
{
	const char *trusted = getenv("SSL_CERT_FILE");

	curl_easy_setopt(curl, CURLOPT_URL, call->url);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	/* Or the end would wait for a name that is being looked up. */
	curl_easy_setopt(curl, QUICK_EXIT, 1L);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(
	    curl, CURLOPT_CONNECTTIMEOUT, call->near ? NEAR_SECONDS : SECONDS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, SECONDS);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer->error);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, count_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
	/* What a connection was kept for may have changed since. */
	curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
	if (call->near)
		curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	/* Instead of the system's, its folder included. */
	if (trusted && *trusted) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, trusted);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	set_method(curl, call);
}

static struct curl_slist *headers_of(const struct creds_call *call)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");

	if (!call->body.len)
		list = curl_slist_append(list, "Content-Type:");
	for (size_t i = 0; i < CREDS_FETCH_HEADERS && call->headers[i]; i++) {
		struct curl_slist *longer =
		    curl_slist_append(list, call->headers[i]);

		if (longer)
			list = longer;
	}
	return list;
}

static CURLcode perform(struct creds_fetcher *fetcher, CURL *curl)
{
	struct curl_waitfd stop = { .fd = fetcher->stop,
		.events = CURL_WAIT_POLLIN };
	CURLcode code = CURLE_ABORTED_BY_CALLBACK;
	CURLMsg *message;
	int running = 1, left;

	if (curl_multi_add_handle(fetcher->multi, curl) != CURLM_OK)
		return CURLE_FAILED_INIT;
	while (running && !stop.revents) {
		if (curl_multi_perform(fetcher->multi, &running) != CURLM_OK)
			break;
		if (running && curl_multi_poll(fetcher->multi, &stop, 1,
				   POLL_MS, NULL) != CURLM_OK)
			break;
	}
	while ((message = curl_multi_info_read(fetcher->multi, &left)))
		if (message->msg == CURLMSG_DONE)
			code = message->data.result;
	curl_multi_remove_handle(fetcher->multi, curl);
	return code;
}

static bool no_answer(const struct transfer *transfer, CURLcode code,
    const char *where, struct creds_draft *draft)
{
	char said[CREDS_QUOTE];
	const char *words =
	    *transfer->error ? transfer->error : curl_easy_strerror(code);

	if (transfer->too_large)
		return creds_draft_wrong(draft,
		    "%s answered more than %d bytes", where, CREDS_FETCH_BODY);
	if (transfer->headers > HEADERS_MAX)
		return creds_draft_wrong(draft,
		    "%s answered more than %d bytes of headers", where,
		    HEADERS_MAX);
	creds_quote(span_of(words), SPAN_EMPTY, said);
	return creds_draft_wrong(draft, "%s did not answer: %s", where, said);
}

static bool is_http(const char *url)
{
	return span_starts(span_of(url), "http://") ||
	       span_starts(span_of(url), "https://");
}

bool creds_fetch(struct creds_fetcher *fetcher, const struct creds_call *call,
    const char *where, struct creds_answer *ret_answer,
    struct creds_draft *draft)
{
	struct transfer transfer = { .answer = ret_answer };
	struct curl_slist *headers = headers_of(call);
	/* libcurl knows file:// and more. */
	CURL *curl = is_http(call->url) ? curl_easy_init() : NULL;
	CURLcode code = CURLE_UNSUPPORTED_PROTOCOL;
	long status = 0;

	ret_answer->memory[0] = '\0';
	ret_answer->body = (struct span){ ret_answer->memory, 0 };
	if (curl) {
		set_all(curl, call, &transfer);
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
		code = perform(fetcher, curl);
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_cleanup(curl);
	}
	curl_slist_free_all(headers);
	if (code != CURLE_OK)
		return no_answer(&transfer, code, where, draft);
	ret_answer->status = (unsigned)status;
	return true;
}
