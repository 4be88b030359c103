#include "http/guard.h"

#include <microhttpd.h>

#define TOKEN                                                                  \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"       \
	"!#$%&'*+-.^_`|~"

struct seen {
	unsigned hosts;
	unsigned lengths;
	unsigned authorizations;
	unsigned encodings;
	struct span length;
	struct span encoding;
	const char *wrong;
};

static bool has_controls(struct span value)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.at[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}

static void note(struct seen *seen, struct span name, struct span value)
{
	if (!name.len || !span_only(name, TOKEN)) {
		seen->wrong = "a header's name is not a token";
	} else if (has_controls(value)) {
		seen->wrong = "a header's value has a control character";
	} else if (span_equal_nocase(name, span_of("host"))) {
		seen->hosts++;
	} else if (span_equal_nocase(name, span_of("authorization"))) {
		seen->authorizations++;
	} else if (span_equal_nocase(name, span_of("content-length"))) {
		seen->lengths++;
		seen->length = value;
	} else if (span_equal_nocase(name, span_of("transfer-encoding"))) {
		seen->encodings++;
		seen->encoding = value;
	}
}

static enum MHD_Result look(void *argument, enum MHD_ValueKind kind,
    const char *key, size_t key_size, const char *value, size_t value_size)
{
	struct seen *seen = argument;

	(void)kind;
	note(seen, (struct span){ key, key_size },
	    (struct span){ value ? value : "", value ? value_size : 0 });
	return seen->wrong ? MHD_NO : MHD_YES;
}

static const char *judge(const struct seen *seen)
{
	if (seen->wrong)
		return seen->wrong;
	if (seen->hosts > 1)
		return "Host: more than one";
	if (seen->authorizations > 1)
		return NULL; /* request_header gives none then: a 401 */
	if (seen->lengths > 1)
		return "Content-Length: more than one";
	if (seen->lengths && seen->encodings)
		return "Content-Length: not together with Transfer-Encoding";
	if (seen->encodings > 1 ||
	    (seen->encodings &&
		!span_equal_nocase(seen->encoding, span_of("chunked"))))
		return "Transfer-Encoding: only chunked is taken";
	return NULL;
}

bool guard_check(struct request *request, const char **ret_wrong)
{
	struct seen seen = { 0 };
	const char *wrong;

	MHD_get_connection_values_n(request->mhd, MHD_HEADER_KIND, look, &seen);
	wrong = judge(&seen);
	if (!wrong && seen.lengths && !span_u64(seen.length, &request->length))
		wrong = "Content-Length: not a number";
	if (wrong) {
		request->has_body = seen.lengths || seen.encodings;
		*ret_wrong = wrong;
		return false;
	}
	request->has_length = seen.lengths == 1;
	request->chunked = seen.encodings == 1;
	request->has_body = request->chunked || request->length > 0;
	request->many_authorizations = seen.authorizations > 1;
	return true;
}
