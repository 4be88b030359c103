#include "core/utf8.h"

bool utf8_next(struct span *rest, uint32_t *ret_code_point)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const uint8_t *byte = (const uint8_t *)rest->at;
	uint32_t code;
	size_t len;

	if (rest->len == 0)
		return false;
	if (byte[0] < 0x80) {
		code = byte[0];
		len = 1;
	} else if (byte[0] < 0xc0) {
		return false;
	} else if (byte[0] < 0xe0) {
		code = byte[0] & 0x1f;
		len = 2;
	} else if (byte[0] < 0xf0) {
		code = byte[0] & 0x0f;
		len = 3;
	} else if (byte[0] < 0xf8) {
		code = byte[0] & 0x07;
		len = 4;
	} else {
		return false;
	}
	if (rest->len < len)
		return false;
	for (size_t i = 1; i < len; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return false;
		code = code << 6 | (byte[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return false;
	*rest = span_from(*rest, len);
	*ret_code_point = code;
	return true;
}

bool utf8_next_outside(
    struct span *rest, const struct chars *set, uint32_t *ret_code_point)
{
	*rest = span_from(*rest, span_run(*rest, set));
	return utf8_next(rest, ret_code_point);
}

bool utf8_valid(struct span text)
{
	uint32_t code;

	while (utf8_next_outside(&text, &chars_printable, &code))
		;
	return text.len == 0;
}

struct span utf8_first(struct span text, size_t max)
{
	if (text.len <= max)
		return text;
	while (max > 0 && ((uint8_t)text.at[max] & 0xc0) == 0x80)
		max--;
	return span_first(text, max);
}

bool utf8_is_control(uint32_t code_point)
{
	return code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0);
}

/* Of Unicode 16: Cf, Zl, Zp and Default_Ignorable_Code_Point, sorted. */
static const struct {
	uint32_t first;
	uint32_t last;
} hidden[] = { { 0xad, 0xad }, { 0x34f, 0x34f }, { 0x600, 0x605 },
	{ 0x61c, 0x61c }, { 0x6dd, 0x6dd }, { 0x70f, 0x70f }, { 0x890, 0x891 },
	{ 0x8e2, 0x8e2 }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f }, { 0x200b, 0x200f }, { 0x2028, 0x202e },
	{ 0x2060, 0x206f }, { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f },
	{ 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb },
	{ 0x110bd, 0x110bd }, { 0x110cd, 0x110cd }, { 0x13430, 0x1343f },
	{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff } };

bool utf8_is_hidden(uint32_t code_point)
{
	if (utf8_is_control(code_point))
		return true;
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
		if (code_point <= hidden[i].last)
			return code_point >= hidden[i].first;
	return false;
}

bool utf8_is_blank(uint32_t code_point)
{
	switch (code_point) {
	case 0x20:
	case 0xa0:
	case 0x1680:
	case 0x2028:
	case 0x2029:
	case 0x202f:
	case 0x205f:
	case 0x3000:
		return true;
	default:
		return code_point >= 0x2000 && code_point <= 0x200a;
	}
}
