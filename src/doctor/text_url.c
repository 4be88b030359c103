#include "doctor/text_url.h"

#include <string.h>

#define COLON "://"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* strchr alone would find the NUL that ends the set. */
static bool is_one_of(const char *set, char c)
{
	return c != '\0' && strchr(set, c);
}

/* Where the scheme of the next "://" begins; text.len: there is none. JSON may
 * write "\/" for each slash. */
static size_t find_scheme(struct span text)
{
	for (size_t i = 1; i < text.len; i++) {
		const struct span here = span_from(text, i);
		size_t from = i;

		if (!span_starts(here, COLON) && !span_starts(here, ":\\/\\/"))
			continue;
		while (from && is_one_of(LETTERS, text.at[from - 1]))
			from--;
		if (from < i)
			return from;
	}
	return text.len;
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

/* The length of the URL at the front. Between quotes or alone on a line it may
 * contain spaces: some clients log URLs decoded. */
static size_t url_length(struct span text, char before)
{
	if (is_quote(before))
		return span_find(text, before);
	for (size_t i = 0; i < text.len; i++)
		if (is_one_of(before ? " \t\r\n<>\"" : "\r\n", text.at[i]))
			return i;
	return text.len;
}

/* Whether the text ends with the start of this JSON member or XML element, up
 * to its value. */
static bool ends_as(struct span text, const char *json, const char *xml)
{
	size_t open;

	text = span_trim(text, " \t\r\n\"'");
	if (text.len && text.at[text.len - 1] == ':') {
		text = span_trim(span_first(text, text.len - 1), " \t\r\n");
		return text.len >= strlen(json) &&
		       span_is(span_from(text, text.len - strlen(json)), json);
	}
	open = span_find_last(text, '<');
	return open < text.len && span_starts(span_from(text, open), xml);
}

static enum text_label label_of(struct span before)
{
	if (ends_as(before, "\"put\"", "<put "))
		return TEXT_PUT;
	if (ends_as(before, "\"get\"", "<get "))
		return TEXT_GET;
	return TEXT_BARE;
}

static bool take(struct span *text, const char *escape)
{
	if (!span_starts(*text, escape))
		return false;
	*text = span_from(*text, strlen(escape));
	return true;
}

/* Whether the text has an & and each is written &amp;. */
static bool is_escaped(struct span text)
{
	bool any = false;

	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] != '&')
			continue;
		if (!span_starts(span_from(text, i), "&amp;"))
			return false;
		any = true;
	}
	return any;
}

static void unescape(struct span text, struct buf *out)
{
	while (text.len) {
		if (take(&text, "\\/"))
			buf_char(out, '/');
		else if (take(&text, "\\u0026"))
			buf_char(out, '&');
		else {
			buf_char(out, *text.at);
			text = span_from(text, 1);
		}
	}
	/* In place, since the text gets shorter. XML in an XML log is escaped
	 * twice. */
	while (buf_ok(out) && is_escaped(buf_span(out))) {
		char *to = out->at;

		for (const char *at = out->at; *at; at++) {
			*to++ = *at;
			if (*at == '&')
				at += strlen("amp;");
		}
		*to = '\0';
		out->len = (size_t)(to - out->at);
	}
}

bool text_next_url(
    struct span *rest, struct buf *url, enum text_label *ret_label)
{
	const struct span text = *rest;
	size_t from = find_scheme(text);
	size_t len;

	if (from >= text.len)
		return false;
	len =
	    url_length(span_from(text, from), from ? text.at[from - 1] : '\0');
	*ret_label = label_of(span_first(text, from));
	*rest = span_from(text, from + len);
	buf_reset(url);
	unescape(span_first(span_from(text, from), len), url);
	return buf_ok(url);
}
