#include "xmpp/markup.h"

static const char *escape_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '\'':
		return "&apos;";
	case '"':
		return "&quot;";
	case '\t':
		return "&#9;";
	case '\n':
		return "&#10;";
	case '\r':
		return "&#13;";
	default:
		return NULL;
	}
}

void markup_text(struct buf *out, struct span text)
{
	/* All but those above. */
	static const struct chars plain = { {
	    [' '] = true,
	    ['!'] = true,
	    ['#' ... '%'] = true,
	    ['(' ... ';'] = true,
	    ['='] = true,
	    ['?' ... 0xff] = true,
	} };

	while (text.len) {
		size_t run = span_run(text, &plain);

		buf_add(out, span_first(text, run));
		text = span_from(text, run);
		if (!text.len)
			return;
		/* Other control characters are none of XML. */
		if (escape_of(*text.at))
			buf_text(out, escape_of(*text.at));
		text = span_from(text, 1);
	}
}

void markup_attribute(struct buf *out, const char *name, struct span value)
{
	if (!value.at)
		return;
	buf_char(out, ' ');
	buf_text(out, name);
	buf_text(out, "='");
	markup_text(out, value);
	buf_char(out, '\'');
}

void markup_element(struct buf *out, const char *name, struct span text)
{
	buf_char(out, '<');
	buf_text(out, name);
	buf_char(out, '>');
	markup_text(out, text);
	buf_text(out, "</");
	buf_text(out, name);
	buf_char(out, '>');
}
