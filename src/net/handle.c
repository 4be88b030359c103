#include "net/handle.h"

#include <stdlib.h>

/* CURLOPT_QUICK_EXIT came with 7.87; older ones refuse it, which is fine. */
#define QUICK_EXIT ((CURLoption)(CURLOPTTYPE_LONG + 322))

/* The file replaces the system's certificates, their folder included. */
static void trust(CURL *curl, const char *trusted)
{
	const char *file = getenv("SSL_CERT_FILE");

	if (!file || !*file)
		file = trusted;
	if (!file)
		return;
	curl_easy_setopt(curl, CURLOPT_CAINFO, file);
	curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
}

CURL *handle_open(const char *url, long connect_seconds, const char *trusted)
{
	CURL *curl = curl_easy_init();

	if (!curl)
		return NULL;
	if (curl_easy_setopt(curl, CURLOPT_URL, url) != CURLE_OK) {
		curl_easy_cleanup(curl);
		return NULL;
	}
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, QUICK_EXIT, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, connect_seconds);
	/* A proxy's own head is not the server's. */
	curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	trust(curl, trusted);
	return curl;
}

bool handle_proxied(void)
{
	static const char *const names[] = { "http_proxy", "https_proxy",
		"HTTPS_PROXY", "all_proxy", "ALL_PROXY" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (getenv(names[i]))
			return true;
	return false;
}

bool handle_header(struct curl_slist **list, const char *header)
{
	struct curl_slist *longer = curl_slist_append(*list, header);

	if (longer)
		*list = longer;
	return longer != NULL;
}

unsigned handle_status(struct span line)
{
	const struct span code = span_from(line, span_find(line, ' ') + 1);
	uint64_t status = 0;

	if (span_starts(line, "HTTP/"))
		span_u64(span_first(code, 3), &status);
	return (unsigned)status;
}
