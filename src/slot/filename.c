#include "slot/filename.h"

#include "core/chars.h"
#include "core/uri.h"
#include "core/utf8.h"

/* Control characters, and those that hide or reorder others. */
static bool left_out(uint32_t code)
{
	return utf8_is_control(code) || code == 0x061c || code == 0x200b ||
	       code == 0x200e || code == 0x200f ||
	       (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

/* Gives the next character that stays: its bytes and its code point. */
static bool next_kept(
    struct span *rest, struct span *ret_bytes, uint32_t *ret_code)
{
	struct span before = *rest;

	while (utf8_next(rest, ret_code)) {
		if (!left_out(*ret_code)) {
			*ret_bytes = span_first(before, before.len - rest->len);
			return true;
		}
		before = *rest;
	}
	return false;
}

/* Without folders, and without dots and blanks at the front. */
static struct span without_front(struct span name)
{
	struct span bytes;
	uint32_t code;

	for (size_t i = name.len; i > 0; i--) {
		if (name.at[i - 1] == '/' || name.at[i - 1] == '\\') {
			name = span_from(name, i);
			break;
		}
	}
	for (struct span rest = name; next_kept(&rest, &bytes, &code);) {
		if (code != '.' && !utf8_is_blank(code))
			return span_from(name, (size_t)(bytes.at - name.at));
	}
	return SPAN_EMPTY;
}

/* Which bytes of the kept characters are written: those before `head`, and
 * those from `tail` up to `end`. */
struct plan {
	size_t head;
	size_t tail;
	size_t end;
};

static struct plan plan_of(struct span name)
{
	struct span bytes;
	uint32_t code;
	size_t at = 0;
	size_t dot = 0;  /* behind the last dot; 0: there is none */
	size_t end = 0;  /* without the blanks at the end */
	size_t head = 0; /* likewise, of the first 200 bytes */

	while (next_kept(&name, &bytes, &code)) {
		at += bytes.len;
		if (code == '.')
			dot = at;
		if (utf8_is_blank(code))
			continue;
		end = at;
		if (at <= FILENAME_MAX_BYTES)
			head = at;
	}
	size_t ending = end - dot;
	if (end <= FILENAME_MAX_BYTES || dot == 0 || ending == 0 ||
	    ending > FILENAME_ENDING_MAX)
		return (struct plan){ head, end, end };
	return (struct plan){ FILENAME_MAX_BYTES - ending - 1, dot - 1, end };
}

static void clean(struct span name, struct buf *out)
{
	struct span rest = without_front(name);
	struct plan plan = plan_of(rest);
	struct span bytes;
	uint32_t code;

	if (!utf8_valid(name))
		out->full = true;
	if (plan.end == 0)
		buf_text(out, "file");
	for (size_t at = 0; next_kept(&rest, &bytes, &code); at += bytes.len) {
		size_t end = at + bytes.len;
		if (end <= plan.head || (at >= plan.tail && end <= plan.end))
			buf_add(out, bytes);
	}
}

/* Printable ASCII but / and \. */
static const struct chars plain = {
	{ [' ' ... '.'] = true, ['0' ... '['] = true, [']' ... '~'] = true }
};

/* Whether there is nothing to clean, as in most names. */
static bool is_clean(struct span name)
{
	uint32_t code;

	if (name.len == 0 || name.len > FILENAME_MAX_BYTES ||
	    name.at[0] == '.' || name.at[0] == ' ' ||
	    name.at[name.len - 1] == ' ')
		return false;
	while (utf8_next_outside(&name, &plain, &code))
		if (code < 0x80 || left_out(code) || utf8_is_blank(code))
			return false;
	return name.len == 0;
}

void filename_clean(struct span name, struct buf *out)
{
	if (is_clean(name))
		buf_add(out, name);
	else
		clean(name, out);
}

void filename_plain(struct span cleaned, struct buf *out)
{
	uint32_t code;

	while (utf8_next(&cleaned, &code)) {
		bool keep =
		    code < 0x80 && (ascii_alnum((char)code) || code == '_' ||
				       code == '.' || code == '-');
		buf_char(out, keep ? (char)code : '_');
	}
}

void filename_ending(struct span cleaned, struct buf *out)
{
	size_t dot = span_find_last(cleaned, '.');
	struct span ending = span_from(cleaned, dot + 1);

	if (!ending.len || ending.len > FILENAME_ENDING_MAX ||
	    !span_only(ending, &chars_alnum))
		ending = span_of("bin");
	buf_lower(out, ending);
}

bool filename_has_ending(
    struct span cleaned, const struct span *endings, size_t count)
{
	/* Windows drops blanks at the end together with dots. */
	while (cleaned.len > 0 && (cleaned.at[cleaned.len - 1] == '.' ||
				      cleaned.at[cleaned.len - 1] == ' '))
		cleaned.len--;
	for (size_t i = 0; i < count; i++) {
		if (cleaned.len <= endings[i].len)
			continue;
		size_t from = cleaned.len - endings[i].len;
		if (cleaned.at[from - 1] == '.' &&
		    span_equal_nocase(span_from(cleaned, from), endings[i]))
			return true;
	}
	return false;
}

void filename_attachment(struct buf *out, struct span name)
{
	buf_text(out, "attachment; filename=\"");
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.at[i];

		/* Programs differ on quotes, backslashes and percent signs.
		 * A character of several bytes becomes one '_'. */
		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\' ||
		    c == '%') {
			if ((c & 0xc0) != 0x80)
				buf_char(out, '_');
		} else {
			buf_char(out, (char)c);
		}
	}
	buf_text(out, "\"; filename*=UTF-8''");
	/* uri_encode leaves only characters that RFC 8187 allows. */
	uri_encode(out, name);
}
