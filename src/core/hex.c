#include "core/hex.h"

#include "core/chars.h"

void hex_encode(struct buf *out, const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *byte = bytes;

	char *at = len > 0 ? buf_take(out, 2 * len) : NULL;

	for (size_t i = 0; at && i < len; i++) {
		*at++ = digits[byte[i] >> 4];
		*at++ = digits[byte[i] & 15];
	}
}

int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_decode(struct span digits, size_t len, uint8_t *ret_bytes)
{
	if (digits.len % 2 != 0 || digits.len / 2 != len ||
	    !span_only(digits, &chars_lower_hex))
		return false;
	for (size_t i = 0; i < len; i++)
		ret_bytes[i] = (uint8_t)(hex_digit(digits.at[2 * i]) * 16 +
					 hex_digit(digits.at[2 * i + 1]));
	return true;
}
