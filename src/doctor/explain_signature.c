#include "doctor/explain_private.h"

#include <stdio.h>

/* Sizes that are tried for a slot whose size is not known. */
#define SIZES_TRIED 200000

/* The size that makes the signature right, if it is a small one. */
static bool find_size(const struct conf_storage *storage,
    const struct signed_request *request, char *text, size_t size)
{
	uint64_t found;

	if (!signed_length(request, storage, SIZES_TRIED, &found))
		return false;
	snprintf(text, size, "%llu", (unsigned long long)found);
	return true;
}

bool explain_url_signature(const struct conf_storage *storage,
    struct signed_request request, struct buf *out)
{
	static const char *const methods[] = { "GET", "HEAD" };
	char headers_memory[256], size[24];
	struct buf headers;

	buf_init(&headers, headers_memory, sizeof headers_memory);
	signed_parameter(&request, "X-Amz-SignedHeaders", &headers);
	for (size_t i = 0; i < 2 && strcmp(headers.at, "host") == 0; i++) {
		request.method = span_of(methods[i]);
		if (!signed_right(&request, storage))
			continue;
		say(out,
		    "All is as slotd signs it: a URL for %s and no other "
		    "method. If the store refuses it, its secret\nis another, "
		    "or a proxy before it changes Host or the path.\n",
		    methods[i]);
		return false;
	}
	request.method = span_of("PUT");
	if (strcmp(headers.at, "content-length;host") == 0 &&
	    find_size(storage, &request, size, sizeof size)) {
		say(out,
		    "All is as slotd signs it: a URL for a PUT of exactly %s "
		    "bytes. If the store refuses it, the client\nsent another "
		    "length (or chunked), the store's secret is another, or "
		    "a proxy changes Host or the path.\n",
		    size);
		return false;
	}
	if (strcmp(headers.at, "host") != 0) {
		say(out,
		    "All that can be seen in it is as slotd signs it. The "
		    "signature depends on the file's size too, which\nstands "
		    "nowhere in the URL: if the store refuses it, the size "
		    "was another, or access_key_secret is wrong.\n");
		return false;
	}
	say(out, "signature: it is not what slotd makes of this URL.\n"
		 "access_key_secret has changed since, or the URL was "
		 "changed on its way.\n");
	return true;
}

/* What was signed, found by trying: the store's view is the rest. */
bool explain_by_trying(const struct conf_storage *storage,
    const struct signed_request *request, struct buf *out)
{
	static const char *const methods[] = { "PUT", "GET", "HEAD" };
	struct signed_request other = *request;
	char size[24];

	for (size_t i = 0; i < 3; i++) {
		other.method = span_of(methods[i]);
		if (signed_right(&other, storage))
			return explain_differ(out, "method", other.method,
			    request->method,
			    "The client used the URL for something else than "
			    "it was made for.\n");
	}
	other = *request;
	if (request->length.at && find_size(storage, &other, size, sizeof size))
		return explain_differ(out, "content-length", span_of(size),
		    request->length,
		    "The client sent another length than the slot was asked "
		    "for (nothing: a chunked body).\n");
	if (request->length.at && !request->length.len) {
		say(out, "content-length: the request had none.\nThe client "
			 "(or a proxy) sent its body chunked; a slot needs "
			 "the exact Content-Length.\n");
		return true;
	}
	say(out, "signature: host, path, region, key id and dates are as "
		 "slotd signs them, the signature is not.\n");
	say(out, "Most likely access_key_secret has changed since%s.\n",
	    request->length.at
		? ", or the file had another length than the slot"
		: "");
	return true;
}
