#include "core/hex.h"

void hex_encode(struct buf *out, const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *byte = bytes;

	for (size_t i = 0; i < len; i++) {
		char pair[2] = { digits[byte[i] >> 4], digits[byte[i] & 15] };
		buf_add(out, (struct span){ pair, sizeof(pair) });
	}
}

static unsigned digit_value(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

bool hex_decode(struct span digits, size_t len, uint8_t *ret_bytes)
{
	if (digits.len % 2 != 0 || digits.len / 2 != len ||
	    !span_only(digits, "0123456789abcdef"))
		return false;
	for (size_t i = 0; i < len; i++)
		ret_bytes[i] = (uint8_t)(digit_value(digits.at[2 * i]) << 4 |
					 digit_value(digits.at[2 * i + 1]));
	return true;
}
