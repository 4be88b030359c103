#include "core/buf.h"

#include <string.h>

struct buf buf_of(char *memory, size_t size)
{
	memory[0] = '\0';
	return (struct buf){ .at = memory, .size = size };
}

void buf_init(struct buf *buf, char *memory, size_t size)
{
	*buf = buf_of(memory, size);
}

void buf_reset(struct buf *buf)
{
	buf->len = 0;
	buf->full = false;
	buf->at[0] = '\0';
}

bool buf_ok(const struct buf *buf)
{
	return !buf->full;
}

struct span buf_span(const struct buf *buf)
{
	return (struct span){ buf->at, buf->len };
}

void buf_add(struct buf *buf, struct span bytes)
{
	if (bytes.len == 0)
		return;
	if (buf->full || bytes.len >= buf->size - buf->len) {
		buf->full = true;
		return;
	}
	memcpy(buf->at + buf->len, bytes.at, bytes.len);
	buf->len += bytes.len;
	buf->at[buf->len] = '\0';
}

void buf_text(struct buf *buf, const char *text)
{
	buf_add(buf, span_of(text));
}

void buf_char(struct buf *buf, char c)
{
	buf_add(buf, (struct span){ &c, 1 });
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
