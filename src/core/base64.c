#include "core/base64.h"

#include "core/chars.h"

#include <string.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const char url_alphabet[] = LETTERS "-_";

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
			url_alphabet[group >> 18],
			url_alphabet[group >> 12 & 63],
			url_alphabet[group >> 6 & 63],
			url_alphabet[group & 63],
		};
		buf_add(out, (struct span){ text, n + 1 });
	}
}

static uint32_t value_of(char letter, const char *alphabet)
{
	return (uint32_t)(strchr(alphabet, letter) - alphabet);
}

/* Whether the letters end where an encoder ends: its last one may have 4 or
 * 2 bits that belong to no byte. */
static bool well_formed(struct span text, const char *alphabet)
{
	size_t rest = text.len % 4;
	uint32_t spare = rest == 2 ? 16 : rest == 3 ? 4 : 1;

	return rest != 1 && span_only(text, alphabet) &&
	       (!rest ||
		   value_of(text.at[text.len - 1], alphabet) % spare == 0);
}

static bool decode(struct span text, const char *alphabet, size_t max,
    uint8_t *ret_bytes, size_t *ret_len)
{
	size_t rest = text.len % 4;
	size_t len = text.len / 4 * 3 + (rest ? rest - 1 : 0);
	uint32_t bits = 0;

	if (len > max || !well_formed(text, alphabet))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		bits = bits << 6 | value_of(text.at[i], alphabet);
		if (i % 4 != 0) /* every letter but a group's first */
			*ret_bytes++ = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	*ret_len = len;
	return true;
}

bool base64url_decode(
    struct span text, size_t max, uint8_t *ret_bytes, size_t *ret_len)
{
	return decode(text, url_alphabet, max, ret_bytes, ret_len);
}

bool base64_decode(
    struct span text, size_t max, uint8_t *ret_bytes, size_t *ret_len)
{
	size_t len = text.len;

	if (len % 4 != 0)
		return false;
	while (len && text.len - len < 2 && text.at[len - 1] == '=')
		len--;
	return decode(
	    span_first(text, len), CHARS_ALNUM "+/", max, ret_bytes, ret_len);
}
