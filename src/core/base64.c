#include "core/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_encode(struct buf *out, const void *bytes, size_t len)
{
	const uint8_t *byte = bytes;

	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t group = (uint32_t)byte[i] << 16;
		if (n > 1)
			group |= (uint32_t)byte[i + 1] << 8;
		if (n > 2)
			group |= byte[i + 2];
		char text[4] = {
			alphabet[group >> 18],
			alphabet[group >> 12 & 63],
			alphabet[group >> 6 & 63],
			alphabet[group & 63],
		};
		buf_add(out, (struct span){ text, n + 1 });
	}
}

/* The last two letters are the alphabet's own. */
static bool letter_value(char c, const char last[2], uint32_t *ret_value)
{
	if (c >= 'A' && c <= 'Z')
		*ret_value = (uint32_t)(c - 'A');
	else if (c >= 'a' && c <= 'z')
		*ret_value = (uint32_t)(c - 'a' + 26);
	else if (c >= '0' && c <= '9')
		*ret_value = (uint32_t)(c - '0' + 52);
	else if (c == last[0] || c == last[1])
		*ret_value = c == last[0] ? 62 : 63;
	else
		return false;
	return true;
}

/* Whether the letters end where an encoder ends: its last one may have 4 or
 * 2 bits that belong to no byte. */
static bool well_formed(struct span text, const char last[2])
{
	uint32_t value = 0;

	for (size_t i = 0; i < text.len; i++)
		if (!letter_value(text.at[i], last, &value))
			return false;
	switch (text.len % 4) {
	case 0:
		return true;
	case 2:
		return value % 16 == 0;
	case 3:
		return value % 4 == 0;
	default:
		return false;
	}
}

static bool decode(struct span text, const char last[2], size_t max,
    uint8_t *ret_bytes, size_t *ret_len)
{
	size_t rest = text.len % 4;
	size_t len = text.len / 4 * 3 + (rest ? rest - 1 : 0);
	uint32_t bits = 0, value = 0;
	size_t done = 0;

	if (len > max || !well_formed(text, last))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		letter_value(text.at[i], last, &value);
		bits = bits << 6 | value;
		if (i % 4 != 0) /* every letter but a group's first */
			ret_bytes[done++] =
			    (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	*ret_len = len;
	return true;
}

bool base64url_decode(
    struct span text, size_t max, uint8_t *ret_bytes, size_t *ret_len)
{
	return decode(text, "-_", max, ret_bytes, ret_len);
}

bool base64_decode(
    struct span text, size_t max, uint8_t *ret_bytes, size_t *ret_len)
{
	size_t len = text.len;

	if (len % 4 != 0)
		return false;
	while (len && text.len - len < 2 && text.at[len - 1] == '=')
		len--;
	return decode(span_first(text, len), "+/", max, ret_bytes, ret_len);
}
