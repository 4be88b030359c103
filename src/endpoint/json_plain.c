#include "endpoint/json_plain.h"

#include "core/chars.h"
#include "core/utf8.h"

#define DIGITS_MAX 18

static void skip_blanks(struct span *rest)
{
	while (rest->len && (*rest->at == ' ' || *rest->at == '\t' ||
				*rest->at == '\n' || *rest->at == '\r'))
		*rest = span_from(*rest, 1);
}

/* Takes a byte and the blanks before it. */
static bool take(struct span *rest, char byte)
{
	skip_blanks(rest);
	if (!rest->len || *rest->at != byte)
		return false;
	*rest = span_from(*rest, 1);
	return true;
}

static bool is_plain(struct span text)
{
	uint32_t code;

	if (span_find(text, '\\') < text.len)
		return false;
	while (utf8_next_outside(&text, &chars_printable, &code))
		if (code < 0x80)
			return false;
	return text.len == 0;
}

static bool take_string(struct span *rest, struct span *ret_text)
{
	size_t len;

	if (!take(rest, '"'))
		return false;
	len = span_find(*rest, '"');
	*ret_text = span_first(*rest, len);
	*rest = span_from(*rest, len);
	return take(rest, '"') && is_plain(*ret_text);
}

static bool take_size(struct span *rest, struct span *ret_digits)
{
	size_t len;

	skip_blanks(rest);
	len = span_run(*rest, &chars_digit);
	*ret_digits = span_first(*rest, len);
	*rest = span_from(*rest, len);
	return len >= 1 && len <= DIGITS_MAX &&
	       (len == 1 || *ret_digits->at != '0');
}

static struct span *place_of(
    struct span name, struct json_plain *plain, struct span *size)
{
	if (span_is(name, "jid"))
		return &plain->jid;
	if (span_is(name, "filename"))
		return &plain->filename;
	if (span_is(name, "size"))
		return size;
	return span_is(name, "content_type") ? &plain->type : NULL;
}

static bool take_member(
    struct span *rest, struct json_plain *plain, struct span *size)
{
	struct span name;
	struct span *place;

	if (!take_string(rest, &name) || !take(rest, ':'))
		return false;
	place = place_of(name, plain, size);
	if (!place || place->at)
		return false;
	return place == size ? take_size(rest, place)
			     : take_string(rest, place);
}

bool json_plain_read(struct span text, struct json_plain *ret_plain)
{
	struct json_plain plain = { .size = 0 };
	struct span size = { NULL, 0 };

	if (!take(&text, '{'))
		return false;
	do {
		if (!take_member(&text, &plain, &size))
			return false;
	} while (take(&text, ','));
	if (!take(&text, '}'))
		return false;
	skip_blanks(&text);
	if (text.len || !plain.jid.at || !plain.filename.at ||
	    !span_u64(size, &plain.size))
		return false;
	*ret_plain = plain;
	return true;
}
