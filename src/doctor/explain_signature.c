#include "doctor/private.h"

#include <stdio.h>
#include <string.h>

/* The sizes up to this one are tried, since a URL does not tell it. */
#define SIZES_TRIED 200000

/* Writes the size that makes the signature right, as text. */
static bool find_size(const struct conf_storage *storage,
    const struct signed_request *request, char *text, size_t size)
{
	uint64_t found;

	if (!signed_length(request, storage, SIZES_TRIED, &found))
		return false;
	snprintf(text, size, "%llu", (unsigned long long)found);
	return true;
}

bool explain_differ(struct buf *out, const char *what, struct span slotd,
    struct span got, const char *cause)
{
	say(out, "%s: slotd signs\n   %.*s\nhere it is\n   %.*s\n%s", what,
	    ARG(slotd), ARG(got), cause);
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
		    "This URL is as slotd signs it, for %s and no other "
		    "method. If the store refuses it, the store has\nanother "
		    "secret, or a proxy in front of the store changes Host or "
		    "the path.\n",
		    methods[i]);
		return false;
	}
	request.method = span_of("PUT");
	if (strcmp(headers.at, "content-length;host") == 0 &&
	    find_size(storage, &request, size, sizeof size)) {
		say(out,
		    "This URL is as slotd signs it, for a PUT of exactly %s "
		    "bytes. If the store refuses it, the client\nsent another "
		    "length (or chunked), the store has another secret, or a "
		    "proxy changes Host or the path.\n",
		    size);
		return false;
	}
	if (strcmp(headers.at, "host") != 0) {
		say(out,
		    "As far as can be seen, this URL is as slotd signs it. The "
		    "signature also depends on the file's size,\nwhich is not "
		    "in the URL. If the store refuses it, the client sent "
		    "another size, or access_key_secret\nis wrong.\n");
		return false;
	}
	say(out, "signature: slotd would sign this URL with another "
		 "one.\naccess_key_secret was changed since, or the URL was "
		 "changed after slotd signed it.\n");
	return true;
}

/* Tries other methods and sizes, to find what was signed. */
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
			    "The client used the URL with another method than "
			    "it was signed for.\n");
	}
	other = *request;
	if (request->length.at && find_size(storage, &other, size, sizeof size))
		return explain_differ(out, "content-length", span_of(size),
		    request->length,
		    "The client sent another length than it requested the slot "
		    "for (none: a chunked body).\n");
	if (request->length.at && !request->length.len) {
		say(out, "content-length: the request had none.\nThe client "
			 "(or a proxy) sent the body chunked; a slot needs the "
			 "exact Content-Length.\n");
		return true;
	}
	say(out, "signature: host, path, region, key id and dates are right, "
		 "the signature is wrong.\n");
	say(out, "Most likely access_key_secret was changed since%s.\n",
	    request->length.at ? ", or the file had another size than the slot"
			       : "");
	return true;
}
