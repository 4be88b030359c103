#ifndef CORE_BUF_H
#define CORE_BUF_H

#include "core/span.h"

/*
 * A bounded text buffer in the caller's memory. A text that does not fit is not
 * written at all and sets `full` until the next reset: check buf_ok at the
 * end. A NUL always follows the text; its byte is kept free.
 */
struct buf {
	char *at;
	size_t len;
	size_t size; /* of the memory, NUL included; at least 1 */
	bool full;
};

/* An empty buffer in this memory. */
struct buf buf_of(char *memory, size_t size);
void buf_init(struct buf *buf, char *memory, size_t size);
void buf_reset(struct buf *buf);
bool buf_ok(const struct buf *buf);
struct span buf_span(const struct buf *buf);

void buf_add(struct buf *buf, struct span bytes);
void buf_text(struct buf *buf, const char *text);
void buf_char(struct buf *buf, char c);
void buf_u64(struct buf *buf, uint64_t value);

#endif
