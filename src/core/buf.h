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

/*
 * The build has all local variables cleared (-ftrivial-auto-var-init). This
 * leaves one out: a large one on the way of each request, of which nobody reads
 * what was not written before.
 */
#if __has_attribute(uninitialized)
#define UNCLEARED __attribute__((uninitialized))
#else
#define UNCLEARED
#endif

/* An empty buffer in this memory. */
static inline struct buf buf_of(char *memory, size_t size)
{
	/* NOLINTNEXTLINE: a buffer always has memory */
	memory[0] = '\0';
	return (struct buf){ .at = memory, .size = size };
}

static inline void buf_init(struct buf *buf, char *memory, size_t size)
{
	*buf = buf_of(memory, size);
}

static inline void buf_reset(struct buf *buf)
{
	buf->len = 0;
	buf->full = false;
	buf->at[0] = '\0';
}

static inline bool buf_ok(const struct buf *buf)
{
	return !buf->full;
}

static inline struct span buf_span(const struct buf *buf)
{
	return (struct span){ buf->at, buf->len };
}

/* Appends len bytes, which the caller must write there at once; NULL: they do
 * not fit. */
static inline char *buf_take(struct buf *buf, size_t len)
{
	char *at = buf->at + buf->len;

	if (buf->full || len >= buf->size - buf->len) {
		buf->full = true;
		return NULL;
	}
	buf->len += len;
	/* NOLINTNEXTLINE: a buffer always has memory */
	at[len] = '\0';
	return at;
}

static inline void buf_add(struct buf *buf, struct span bytes)
{
	char *at = bytes.at ? buf_take(buf, bytes.len) : NULL;

	if (at)
		memcpy(at, bytes.at, bytes.len);
}

static inline void buf_text(struct buf *buf, const char *text)
{
	buf_add(buf, span_of(text));
}

static inline void buf_char(struct buf *buf, char c)
{
	char *at = buf_take(buf, 1);

	if (at)
		*at = c;
}

/* ASCII letters in lower case. */
void buf_lower(struct buf *buf, struct span bytes);
void buf_u64(struct buf *buf, uint64_t value);

#endif
