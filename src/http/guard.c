#include "http/guard.h"

#include "core/chars.h"

#include <microhttpd.h>
#include <string.h>

/* Blanks behind a colon that are taken. */
#define GAP_MAX 256

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
	if (!name.len || !span_only(name, CHARS_TOKEN)) {
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

/*
 * An unfolded line's value stands right behind its name. libmicrohttpd 0.9.75
 * appends folded lines to the name or the value, in other memory, and would
 * so make a framing header of two harmless lines.
 */
static bool unfolded(struct span name, struct span value)
{
	uintptr_t end = (uintptr_t)name.at + name.len;
	uintptr_t begin = (uintptr_t)value.at;
	const char *between = name.at + name.len;

	if (begin <= end || begin - end > GAP_MAX)
		return false;
	for (uintptr_t i = 0; i < begin - end; i++)
		if (between[i] && between[i] != ' ' && between[i] != '\t')
			return false;
	return true;
}

static enum MHD_Result look(void *argument, enum MHD_ValueKind kind,
    const char *key, size_t key_size, const char *value, size_t value_size)
{
	struct seen *seen = argument;
	const struct span name = { key, key_size };
	const struct span text = { value, value_size };

	(void)kind;
	if (!value || !unfolded(name, text))
		seen->wrong = "a header is folded or has no colon";
	else
		note(seen, name, text);
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

bool guard_check(
    struct request *request, const char *version, const char **ret_wrong)
{
	struct seen seen = { 0 };
	const char *wrong;

	MHD_get_connection_values_n(request->mhd, MHD_HEADER_KIND, look, &seen);
	wrong = judge(&seen);
	if (!wrong && !span_only(request->method, CHARS_TOKEN))
		wrong = "the method is not a token";
	if (!wrong && seen.encodings && strcmp(version, "HTTP/1.1") != 0)
		wrong = "Transfer-Encoding: only under HTTP/1.1";
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
