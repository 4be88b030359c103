#include "core/base64url.h"

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

static uint32_t letter_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (uint32_t)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (uint32_t)(c - 'a' + 26);
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0' + 52);
	return c == '-' ? 62 : 63;
}

static bool well_formed(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (!ascii_alnum(c) && c != '-' && c != '_')
			return false;
	}
	if (text.len % 4 == 0)
		return true;
	/* The last letter has 4 or 2 bits that belong to no byte. */
	uint32_t last = letter_value(text.at[text.len - 1]);
	return text.len % 4 == 2 ? last % 16 == 0
				 : text.len % 4 == 3 && last % 4 == 0;
}

bool base64url_decode(
    struct span text, size_t max, uint8_t *ret_bytes, size_t *ret_len)
{
	size_t rest = text.len % 4;
	size_t len = text.len / 4 * 3 + (rest ? rest - 1 : 0);
	uint32_t bits = 0;
	size_t done = 0;

	if (len > max || !well_formed(text))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		bits = bits << 6 | letter_value(text.at[i]);
		if (i % 4 != 0) /* every letter but a group's first */
			ret_bytes[done++] =
			    (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	*ret_len = len;
	return true;
}
