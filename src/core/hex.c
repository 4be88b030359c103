#include "core/hex.h"

#include "core/chars.h"

/* The two digits of each byte. */
static const char pairs[] = "000102030405060708090a0b0c0d0e0f"
			    "101112131415161718191a1b1c1d1e1f"
			    "202122232425262728292a2b2c2d2e2f"
			    "303132333435363738393a3b3c3d3e3f"
			    "404142434445464748494a4b4c4d4e4f"
			    "505152535455565758595a5b5c5d5e5f"
			    "606162636465666768696a6b6c6d6e6f"
			    "707172737475767778797a7b7c7d7e7f"
			    "808182838485868788898a8b8c8d8e8f"
			    "909192939495969798999a9b9c9d9e9f"
			    "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
			    "b0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
			    "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
			    "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
			    "e0e1e2e3e4e5e6e7e8e9eaebecedeeef"
			    "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

void hex_encode(struct buf *out, const void *bytes, size_t len)
{
	const uint8_t *byte = bytes;
	char *at = len > 0 ? buf_take(out, 2 * len) : NULL;

	if (!at)
		return;
	for (size_t i = 0; i < len; i++)
		memcpy(at + 2 * i, pairs + (size_t)2 * byte[i], 2);
}

int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The value of a digit: the low bits of '0' are 0, and those of 'a' 1. */
static unsigned value_of(char digit)
{
	unsigned byte = (unsigned char)digit;

	return (byte & 15) + 9 * (byte >> 6);
}

bool hex_decode(struct span digits, size_t len, uint8_t *ret_bytes)
{
	if (digits.len % 2 != 0 || digits.len / 2 != len ||
	    !span_only(digits, &chars_lower_hex))
		return false;
	for (size_t i = 0; i < len; i++)
		ret_bytes[i] = (uint8_t)(value_of(digits.at[2 * i]) * 16 +
					 value_of(digits.at[2 * i + 1]));
	return true;
}
