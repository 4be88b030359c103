#include "core/uri.h"

#include "core/chars.h"
#include "core/hex.h"

#include <arpa/inet.h>
#include <string.h>

#define HOST_MAX 253
#define LABEL_MAX 63

/* All bytes but those of the set become %XX. */
static void encode(struct buf *out, struct span bytes, const struct chars *kept)
{
	static const char digits[] = "0123456789ABCDEF";

	while (true) {
		size_t run = span_run(bytes, kept);

		buf_add(out, span_first(bytes, run));
		if (run == bytes.len)
			return;
		unsigned byte = (unsigned char)bytes.at[run];
		char triple[3] = { '%', digits[byte >> 4], digits[byte & 15] };
		buf_add(out, (struct span){ triple, sizeof(triple) });
		bytes = span_from(bytes, run + 1);
	}
}

void uri_encode(struct buf *out, struct span bytes)
{
	encode(out, bytes, &chars_unreserved);
}

void uri_encode_path(struct buf *out, struct span bytes)
{
	encode(out, bytes, &chars_path);
}

/* The byte behind the %XX that text starts with, or -1. */
static int triple_value(struct span text)
{
	if (text.len < 3)
		return -1;
	int high = hex_digit(text.at[1]);
	int low = hex_digit(text.at[2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool uri_decode(struct buf *out, struct span text)
{
	while (text.len > 0) {
		size_t run = span_find(text, '%');
		buf_add(out, span_first(text, run));
		text = span_from(text, run);
		if (text.len == 0)
			break;
		int value = triple_value(text);
		if (value <= 0)
			return false;
		buf_char(out, (char)value);
		text = span_from(text, 3);
	}
	return buf_ok(out);
}

bool uri_address_write(struct span text, struct buf *out)
{
	char copy[INET6_ADDRSTRLEN];
	unsigned char address[sizeof(struct in6_addr)];
	bool brackets = span_starts(text, "[");
	int family = brackets ? AF_INET6 : AF_INET;
	struct buf buf = buf_of(copy, sizeof copy);

	if (brackets) {
		if (text.at[text.len - 1] != ']')
			return false;
		text = span_from(span_first(text, text.len - 1), 1);
	}
	buf_add(&buf, text);
	if (!buf_ok(&buf) || span_find(text, '\0') < text.len ||
	    inet_pton(family, copy, address) != 1 ||
	    !inet_ntop(family, address, copy, sizeof(copy)))
		return false;
	buf_text(out, brackets ? "[" : "");
	buf_text(out, copy);
	buf_text(out, brackets ? "]" : "");
	return buf_ok(out);
}

bool uri_address_valid(struct span text)
{
	char memory[INET6_ADDRSTRLEN + 2];
	struct buf out = buf_of(memory, sizeof memory);

	return uri_address_write(text, &out);
}

static bool label_valid(struct span label)
{
	return label.len > 0 && label.len <= LABEL_MAX && label.at[0] != '-' &&
	       label.at[label.len - 1] != '-' && span_only(label, &chars_word);
}

static const struct chars dotted = { { ['0' ... '9'] = true, ['.'] = true } };

bool uri_is_address(struct span host)
{
	return span_starts(host, "[") ||
	       (span_find(host, '.') < host.len && span_only(host, &dotted));
}

static bool host_valid(struct span host)
{
	/* As in a link that is read again. */
	if (uri_is_address(host))
		return uri_address_valid(host);
	if (host.len == 0 || host.len > HOST_MAX)
		return false;
	while (host.at) {
		if (!label_valid(span_cut(&host, '.')))
			return false;
	}
	return true;
}

/* One character of a path in the form that signers give it: %XX with
 * upper-case digits, and no %XX where none is needed. */
static const char *add_triple(struct span rest, struct buf *out)
{
	int value = triple_value(rest);
	const char c = (char)value;

	if (value < 0)
		return "the path has a % without two hexadecimal digits";
	if (value == 0)
		return "the path has a %00, which no store takes";
	if (c == '/')
		return "the path has a %2F, which some programs read as a /";
	encode(out, (struct span){ &c, 1 }, &chars_unreserved);
	return NULL;
}

/* Writes the normal form of a path to out. */
static const char *add_path(struct span path, struct buf *out)
{
	size_t start = out->len;
	const char *wrong = NULL;
	struct span added;

	for (struct span rest = path; rest.len > 0 && !wrong;) {
		bool triple = rest.at[0] == '%';

		if (triple)
			wrong = add_triple(rest, out);
		else if (chars_have(&chars_path, rest.at[0]))
			buf_char(out, rest.at[0]);
		else
			wrong = "the path has a character that must be "
				"percent-encoded";
		rest = span_from(rest, triple ? 3 : 1);
	}
	added = span_from(buf_span(out), start);
	while (!wrong && added.at) {
		struct span segment = span_cut(&added, '/');

		if (span_is(segment, ".") || span_is(segment, ".."))
			wrong = "the path has a segment . or .., which "
				"clients take out";
	}
	return wrong;
}

/* A URL in its parts, each as it was written. */
struct parts {
	bool https;
	struct span host;
	uint64_t port; /* 0: none, or the scheme's own */
	struct span path;
};

static const char *read_port(struct span text, struct parts *parts)
{
	if (!span_u64(text, &parts->port) || parts->port < 1 ||
	    parts->port > 65535)
		return "the port must be a number from 1 to 65535";
	if (parts->port == (parts->https ? 443 : 80))
		parts->port = 0;
	return NULL;
}

static const char *read_parts(struct span url, struct parts *parts)
{
	size_t colon = span_find(url, ':');
	struct span scheme = span_first(url, colon);

	parts->https = span_equal_nocase(scheme, span_of("https"));
	if (!span_starts(span_from(url, colon), "://") ||
	    (!parts->https && !span_equal_nocase(scheme, span_of("http"))))
		return "it must start with http:// or https://";
	if (span_find(url, '?') < url.len)
		return "it must not have a query";
	if (span_find(url, '#') < url.len)
		return "it must not have a fragment";

	struct span rest = span_from(url, colon + 3);
	size_t slash = span_find(rest, '/');
	struct span authority = span_first(rest, slash);
	parts->path = span_from(rest, slash);
	while (
	    parts->path.len > 0 && parts->path.at[parts->path.len - 1] == '/')
		parts->path.len--;
	if (span_find(authority, '@') < authority.len)
		return "it must not have a user or password";

	/* The colons of an IPv6 address stand within its brackets. */
	size_t last = span_find_last(authority, ':');
	size_t bracket = span_find_last(authority, ']');
	bool port = last < authority.len &&
		    (bracket == authority.len || bracket < last);
	parts->port = 0;
	parts->host = port ? span_first(authority, last) : authority;
	if (!host_valid(parts->host))
		return "the host must be a DNS name or an IP address "
		       "(IPv6 in brackets)";
	return port ? read_port(span_from(authority, last + 1), parts) : NULL;
}

bool uri_base_parse(struct span url, struct buf *out, struct uri_base *ret_base,
    const char **ret_wrong)
{
	struct parts parts;
	size_t start = out->len;
	const char *wrong = read_parts(url, &parts);

	if (wrong) {
		*ret_wrong = wrong;
		return false;
	}
	buf_text(out, parts.https ? "https" : "http");
	size_t scheme_end = out->len;
	buf_text(out, "://");
	size_t host = out->len;
	buf_lower(out, parts.host);
	if (parts.port) {
		buf_char(out, ':');
		buf_u64(out, parts.port);
	}
	size_t path = out->len;
	wrong = add_path(parts.path, out);
	if (!wrong && (!buf_ok(out) || out->len - start > URI_BASE_MAX))
		wrong = "it is too long: over 1024 bytes";
	if (wrong) {
		*ret_wrong = wrong;
		return false;
	}
	struct span text = buf_span(out);
	ret_base->scheme = (struct span){ text.at + start, scheme_end - start };
	ret_base->host = (struct span){ text.at + host, path - host };
	ret_base->path = span_from(text, path);
	return true;
}
