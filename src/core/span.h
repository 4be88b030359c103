#ifndef CORE_SPAN_H
#define CORE_SPAN_H

#include "core/chars.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes that somebody else owns. A NUL need not follow them. */
struct span {
	const char *at;
	size_t len;
};

#define SPAN_EMPTY ((struct span){ "", 0 })

/* The bytes of a C string without its NUL; NULL is the empty span. */
static inline struct span span_of(const char *text)
{
	return text ? (struct span){ text, strlen(text) } : SPAN_EMPTY;
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.len == b.len &&
	       (!a.at || !b.at || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool span_is(struct span a, const char *text)
{
	return span_equal(a, span_of(text));
}

/* As span_equal, ASCII letters without regard to case. */
bool span_equal_nocase(struct span a, struct span b);

/* The place of the first or last such byte, or a.len. */
size_t span_find(struct span a, char byte);
size_t span_find_last(struct span a, char byte);

/* From byte number `from` on; empty when that is beyond the end. */
static inline struct span span_from(struct span a, size_t from)
{
	if (!a.at)
		return (struct span){ NULL, 0 };
	if (from > a.len)
		from = a.len;
	return (struct span){ a.at + from, a.len - from };
}

/* At most the first `len` bytes. */
static inline struct span span_first(struct span a, size_t len)
{
	return (struct span){ a.at, len < a.len ? len : a.len };
}

static inline bool span_starts(struct span a, const char *prefix)
{
	struct span start = span_of(prefix);

	return a.len >= start.len &&
	       span_equal(span_first(a, start.len), start);
}

/* Without the given bytes at both ends. */
struct span span_trim(struct span a, const char *bytes);

/*
 * Cuts what stands before the next `byte` off *rest and gives it; *rest
 * keeps what follows that byte. Without such a byte: all of it, and *rest
 * becomes empty with at == NULL (so `while (rest.at)` ends).
 */
struct span span_cut(struct span *rest, char byte);

/* Decimal digits only, no sign; false when empty, not a number or beyond
 * 64 bits. "0" and leading zeros are taken. */
bool span_u64(struct span a, uint64_t *ret_value);

/* FNV-1a, for tables: goes on from `hash`, which is a seed or SPAN_HASH at
 * first. Whoever can choose the bytes can choose the result. */
#define SPAN_HASH 2166136261u
uint32_t span_hash(uint32_t hash, struct span a);

/* How many bytes at the front are of the set. */
size_t span_run(struct span a, const struct chars *set);
/* True when every byte is one of the set. */
bool span_only(struct span a, const struct chars *set);
/* True when every byte is printable ASCII; visible: other than a blank. */
bool span_printable(struct span a);
bool span_visible(struct span a);

/* ASCII only, whatever the locale. */
static inline char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline bool ascii_alnum(char c)
{
	return chars_have(&chars_alnum, c);
}

#endif
