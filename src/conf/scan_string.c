#include "conf/raw.h"

#include "core/buf.h"
#include "core/chars.h"

#include <string.h>

/* What a backslash is read with; before others it stands for itself. */
#define ESCAPES "nrtf\\\""

/* A NUL is none of them. */
static bool is_one_of(const char *set, struct span rest, size_t at)
{
	return at < rest.len && rest.at[at] && strchr(set, rest.at[at]);
}

bool raw_pair(struct span rest)
{
	return is_one_of("\\", rest, 0) && is_one_of(ESCAPES, rest, 1);
}

static int hex_value(char c)
{
	const char digits[] = "0123456789abcdef";

	return (int)(strchr(digits, ascii_lower(c)) - digits);
}

/* The byte of \xHH; -1: this is none. */
static int hex_escape(struct span rest)
{
	const char digits[] = "0123456789abcdefABCDEF";

	if (!is_one_of("\\", rest, 0) || !is_one_of("x", rest, 1) ||
	    !is_one_of(digits, rest, 2) || !is_one_of(digits, rest, 3))
		return -1;
	return 16 * hex_value(rest.at[2]) + hex_value(rest.at[3]);
}

static void keep_string(struct raw *raw, struct span string)
{
	size_t size = 2 * raw->string_size + 16;
	struct span *bigger;

	if (raw->string_count == raw->string_size) {
		bigger = memory_get(raw->memory, size * sizeof *bigger);
		if (raw->string_count)
			memcpy(bigger, raw->strings,
			    raw->string_count * sizeof *bigger);
		raw->strings = bigger;
		raw->string_size = size;
	}
	raw->strings[raw->string_count++] = string;
}

/* One byte of a string, or the escape that stands for it. */
static void take_char(struct raw *raw, struct span *rest, struct buf *out)
{
	int byte = hex_escape(*rest);
	size_t len = 1;

	if (byte == 0 || !*rest->at) {
		raw_wrong(raw,
		    byte ? "has a NUL byte"
			 : "has a \\x00, where libconfig would cut it off");
		buf_char(out, '?');
		len = byte ? 1 : 4;
	} else if (raw_pair(*rest)) {
		const char *which = strchr(ESCAPES, rest->at[1]);

		buf_char(out, "\n\r\t\f\\\""[which - ESCAPES]);
		len = 2;
	} else if (byte > 0) {
		buf_char(out, (char)byte);
		len = 4;
	} else {
		buf_char(out, *rest->at);
	}
	*rest = span_from(*rest, len);
}

/* Its number, and its lines; text begins with its first quote. */
void raw_put_string(struct raw *raw, struct span text)
{
	char number[24];
	struct buf out, string;

	buf_init(&out, number, sizeof number);
	buf_char(&out, '"');
	buf_u64(&out, raw->string_count);
	buf_char(&out, ';');
	raw_put(raw, buf_span(&out));
	buf_init(&string, memory_get(raw->memory, text.len + 1), text.len + 1);
	text = span_from(text, 1);
	while (text.len) {
		if (*text.at == '\n')
			raw_put(raw, span_of("\n"));
		take_char(raw, &text, &string);
	}
	raw_put(raw, span_of("\""));
	keep_string(raw, buf_span(&string));
}
