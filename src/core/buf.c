#include "core/buf.h"

void buf_lower(struct buf *buf, struct span bytes)
{
	char *at = bytes.len > 0 ? buf_take(buf, bytes.len) : NULL;

	for (size_t i = 0; at && i < bytes.len; i++)
		at[i] = ascii_lower(bytes.at[i]);
}

void buf_u64(struct buf *buf, uint64_t value)
{
	char digits[20];
	size_t from = sizeof(digits);

	do {
		digits[--from] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	buf_add(buf, (struct span){ digits + from, sizeof(digits) - from });
}
