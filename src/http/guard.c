#include "http/guard.h"

#include "core/chars.h"

#include <microhttpd.h>
#include <string.h>

/* How many blanks may follow a colon. */
#define GAP_MAX 256
#define NOT_CRLF "a line does not end with CRLF, or has a NUL byte"

/* The headers that the checks and the request ask for, as most clients spell
 * them. */
enum { HOST, LENGTH, ENCODING, AUTHORIZATION, TYPE, ID, WATCHED };
static const struct span watched[WATCHED] = {
	[HOST] = { "Host", 4 },
	[LENGTH] = { "Content-Length", 14 },
	[ENCODING] = { "Transfer-Encoding", 17 },
	[AUTHORIZATION] = { "Authorization", 13 },
	[TYPE] = { "Content-Type", 12 },
	[ID] = { "X-Request-Id", 12 },
};

struct seen {
	const char *next; /* where the next line begins; NULL: unknown */
	unsigned count[WATCHED];
	struct span value[WATCHED]; /* the first one */
	const char *wrong;
};

static bool is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

/* Whether one of eight bytes may be below 0x20 or 0x7f: only such a byte, or a
 * carry from its neighbour, sets its highest bit here without having it. */
static bool may_have_controls(const char *bytes)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t word;

	memcpy(&word, bytes, sizeof word);
	return ((word - 0x20 * ones) | (word + ones)) & ~word & 0x80 * ones;
}

static bool has_controls(struct span value)
{
	size_t at = 0;

	while (value.len - at >= 8 && !may_have_controls(value.at + at))
		at += 8;
	while (at < value.len && !is_control(value.at[at]))
		at++;
	return at < value.len;
}

static void note(struct seen *seen, struct span name, struct span value)
{
	for (unsigned i = 0; i < WATCHED; i++)
		if (name.len == watched[i].len &&
		    span_equal_nocase(name, watched[i]) &&
		    seen->count[i]++ == 0)
			seen->value[i] = value;
}

/*
 * The value of an unfolded line stands right behind its name. libmicrohttpd
 * 0.9.75 appends folded lines to the name or the value, in other memory, and so
 * could make a framing header of two harmless lines.
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

/*
 * libmicrohttpd before 1.0 accepts a bare LF as the end of a line, as RFC 9112,
 * section 2.2, allows; a proxy in front may read the line differently. It
 * parses lines in place and writes one NUL over a bare LF, two over CRLF. So
 * each line must begin two bytes after the end of the line before it. Later
 * versions refuse a bare LF themselves.
 */
static bool keeps_lines(void)
{
	return strncmp(MHD_get_version(), "0.", 2) == 0;
}

static bool ends_in_crlf(const char *end)
{
	return !end[0] && !end[1];
}

static const char *wrong_with(
    struct seen *seen, struct span name, struct span value)
{
	const char *begin = seen->next;

	seen->next = NULL;
	if (!value.at || !unfolded(name, value))
		return "a header is folded or has no colon";
	if (!name.len || !span_only(name, &chars_token))
		return "a header's name is not a token";
	if (has_controls(value))
		return "a header's value has a control character";
	if (!begin)
		return NULL;
	seen->next = value.at + value.len + 2;
	if (name.at != begin || !ends_in_crlf(value.at + value.len))
		return NOT_CRLF;
	return NULL;
}

/* Each header is counted, even if one before it is wrong. */
static enum MHD_Result look(void *argument, enum MHD_ValueKind kind,
    const char *key, size_t key_size, const char *value, size_t value_size)
{
	struct seen *seen = argument;
	const struct span name = { key, key_size };
	const struct span text = { value, value_size };

	(void)kind;
	note(seen, name, text);
	if (!seen->wrong)
		seen->wrong = wrong_with(seen, name, text);
	return MHD_YES;
}

/*
 * Checks the empty line after the headers, the last two bytes of the head. For
 * libmicrohttpd any line that begins with NUL ends the head, and a NUL after
 * the last value would look like half of its CRLF.
 */
static bool ends_badly(const struct seen *seen, const struct request *request)
{
	const union MHD_ConnectionInfo *head = MHD_get_connection_info(
	    request->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	if (!seen->next)
		return false;
	return !head ||
	       seen->next + 2 != request->method.at + head->header_size ||
	       !ends_in_crlf(seen->next);
}

static bool is_chunked(const struct seen *seen)
{
	return span_equal_nocase(seen->value[ENCODING], span_of("chunked"));
}

/* The reason of the first rule that is broken; NULL: none is. */
static const char *judge(const struct seen *seen, const struct request *request,
    const char *version, uint64_t *ret_length)
{
	const unsigned lengths = seen->count[LENGTH];
	const unsigned encodings = seen->count[ENCODING];
	const struct {
		bool broken;
		const char *wrong;
	} rules[] = {
		{ seen->wrong, seen->wrong },
		{ ends_badly(seen, request), NOT_CRLF },
		{ seen->count[HOST] > 1, "Host: more than one" },
		{ lengths > 1, "Content-Length: more than one" },
		{ lengths && encodings,
		    "Content-Length and Transfer-Encoding: only one is "
		    "allowed" },
		{ encodings > 1 || (encodings && !is_chunked(seen)),
		    "Transfer-Encoding: only chunked is supported" },
		{ !span_only(request->method, &chars_token),
		    "the method is not a token" },
		{ has_controls(request->target),
		    "the target has a control character" },
		{ encodings && strcmp(version, "HTTP/1.1") != 0,
		    "Transfer-Encoding: needs HTTP/1.1" },
		{ lengths && !span_u64(seen->value[LENGTH], ret_length),
		    "Content-Length: not a number" },
	};

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (rules[i].broken)
			return rules[i].wrong;
	return NULL;
}

/* Whether only blanks are between the three parts of the first line. */
static bool has_three_parts(
    const struct request *request, const char *url, const char *version)
{
	const char *at = request->method.at + request->method.len + 1;

	while (*at == ' ')
		at++;
	return at == url && url + request->target.len + 1 == version;
}

/* Also sets where the first header has to begin. */
static void look_at_line(struct seen *seen, const struct request *request,
    const char *url, const char *version)
{
	const char *end = version + strlen(version);

	if (!keeps_lines())
		return;
	if (!has_three_parts(request, url, version))
		seen->wrong = "the first line has a NUL byte";
	else if (ends_in_crlf(end))
		seen->next = end + 2;
	else
		seen->wrong = NOT_CRLF;
}

static struct span trim(struct span value)
{
	return span_trim(value, " \t");
}

bool guard_check(struct request *request, const char *url, const char *version,
    const char **ret_wrong)
{
	struct seen seen = { 0 };
	uint64_t length = 0;
	const char *wrong;

	look_at_line(&seen, request, url, version);
	MHD_get_connection_values_n(request->mhd, MHD_HEADER_KIND, look, &seen);
	request->authorization = trim(seen.value[AUTHORIZATION]);
	request->content_type = trim(seen.value[TYPE]);
	request->named_id = trim(seen.value[ID]);
	wrong = judge(&seen, request, version, &length);
	if (wrong) {
		/* What follows is unknown: it is treated as a body. */
		request->has_body = true;
		*ret_wrong = wrong;
		return false;
	}
	request->length = length;
	request->has_length = seen.count[LENGTH] == 1;
	request->chunked = seen.count[ENCODING] == 1;
	request->has_body = request->chunked || request->length > 0;
	/* Bare LFs between chunks are accepted too, and cannot be seen. */
	request->last = request->chunked && keeps_lines();
	request->many_authorizations = seen.count[AUTHORIZATION] > 1;
	return true;
}
