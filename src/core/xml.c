#include "core/xml.h"

#include "core/hex.h"

#include <string.h>

static size_t find(struct span text, const char *what)
{
	const char *at =
	    text.len ? memmem(text.at, text.len, what, strlen(what)) : NULL;

	return at ? (size_t)(at - text.at) : text.len;
}

/* &#NN; and &#xNN; below U+0080: what XML writers escape. */
static bool character(struct span name, char *ret_char)
{
	bool hex = span_starts(name, "#x");
	struct span digits = span_from(name, hex ? 2 : 1);
	unsigned value = 0;

	if (!span_starts(name, "#") || !digits.len || digits.len > 3)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		int digit = hex_digit(digits.at[i]);

		if (digit < 0 || digit >= (hex ? 16 : 10))
			return false;
		value = value * (hex ? 16 : 10) + (unsigned)digit;
	}
	*ret_char = (char)value;
	return value > 0 && value < 128;
}

static bool entity(struct span name, char *ret_char)
{
	static const struct {
		const char *name;
		char is;
	} known[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' },
		{ "quot", '"' }, { "apos", '\'' } };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (span_is(name, known[i].name)) {
			*ret_char = known[i].is;
			return true;
		}
	return character(name, ret_char);
}

static void unescape(struct span text, struct buf *out)
{
	while (text.len) {
		size_t end = span_find(text, ';');
		char c;

		if (*text.at == '&' && end < text.len &&
		    entity(span_from(span_first(text, end), 1), &c)) {
			buf_char(out, c);
			text = span_from(text, end + 1);
			continue;
		}
		buf_char(out, *text.at);
		text = span_from(text, 1);
	}
}

bool xml_text(struct span body, const char *name, struct buf *out)
{
	char open_memory[64], close_memory[64];
	struct buf open = buf_of(open_memory, sizeof open_memory);
	struct buf close = buf_of(close_memory, sizeof close_memory);
	struct span text;
	size_t end;

	buf_char(&open, '<');
	buf_text(&open, name);
	buf_char(&open, '>');
	buf_text(&close, "</");
	buf_text(&close, name);
	buf_char(&close, '>');
	if (!buf_ok(&close))
		return false;
	text = span_from(body, find(body, open.at));
	if (!text.len)
		return false;
	text = span_from(text, open.len);
	end = find(text, close.at);
	if (end == text.len)
		return false;
	unescape(span_first(text, end), out);
	return buf_ok(out);
}
