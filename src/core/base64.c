#include "core/base64.h"

#include "core/chars.h"

static const char url_alphabet[] = CHARS_ALNUM "-_";

void base64url_encode(struct buf *out, const void *bytes, size_t len)
{
	const uint8_t *byte = bytes;
	char *at = len > 0 ? buf_take(out, (8 * len + 5) / 6) : NULL;

	for (size_t i = 0; at && i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t group = (uint32_t)byte[i] << 16;
		if (n > 1)
			group |= (uint32_t)byte[i + 1] << 8;
		if (n > 2)
			group |= byte[i + 2];
		*at++ = url_alphabet[group >> 18];
		*at++ = url_alphabet[group >> 12 & 63];
		if (n > 1)
			*at++ = url_alphabet[group >> 6 & 63];
		if (n > 2)
			*at++ = url_alphabet[group & 63];
	}
}

void base64_encode(struct buf *out, const void *bytes, size_t len)
{
	const size_t start = out->len;

	if ((len + 2) / 3 * 4 >= out->size - out->len)
		out->full = true;
	base64url_encode(out, bytes, len);
	for (size_t i = start; i < out->len; i++)
		if (out->at[i] == '-')
			out->at[i] = '+';
		else if (out->at[i] == '_')
			out->at[i] = '/';
	while ((out->len - start) % 4)
		buf_char(out, '=');
}

/* The value of a letter; 64: it is none. `last` are the two behind the
 * alphanumeric ones. */
static uint32_t value_of(char c, const char last[2])
{
	if (c >= 'A' && c <= 'Z')
		return (uint32_t)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (uint32_t)(c - 'a' + 26);
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0' + 52);
	return c == last[0] ? 62 : c == last[1] ? 63 : 64;
}

/* Whether the letters end where an encoder ends: its last one may have 4 or
 * 2 bits that belong to no byte. */
static bool well_formed(struct span text, const char last[2])
{
	size_t rest = text.len % 4;
	uint32_t spare = rest == 2 ? 16 : rest == 3 ? 4 : 1;

	for (size_t i = 0; i < text.len; i++)
		if (value_of(text.at[i], last) == 64)
			return false;
	return rest != 1 &&
	       (!rest || value_of(text.at[text.len - 1], last) % spare == 0);
}

static bool decode(struct span text, const char last[2], size_t max,
    uint8_t *ret_bytes, size_t *ret_len)
{
	size_t rest = text.len % 4;
	size_t len = text.len / 4 * 3 + (rest ? rest - 1 : 0);
	uint32_t bits = 0;

	if (len > max || !well_formed(text, last))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		bits = bits << 6 | value_of(text.at[i], last);
		if (i % 4 != 0) /* every letter but a group's first */
			*ret_bytes++ = (uint8_t)(bits >> (6 - 2 * (i % 4)));
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
