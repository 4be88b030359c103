#ifndef CORE_SPAN_H
#define CORE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that somebody else owns. A NUL need not follow them. */
struct span {
	const char *at;
	size_t len;
};

#define SPAN_EMPTY ((struct span){ "", 0 })

/* The bytes of a C string without its NUL; NULL is the empty span. */
struct span span_of(const char *text);

bool span_equal(struct span a, struct span b);
bool span_is(struct span a, const char *text);
/* As span_equal, ASCII letters without regard to case. */
bool span_equal_nocase(struct span a, struct span b);
bool span_starts(struct span a, const char *prefix);

/* The place of the first or last such byte, or a.len. */
size_t span_find(struct span a, char byte);
size_t span_find_last(struct span a, char byte);

/* From byte number `from` on; empty when that is beyond the end. */
struct span span_from(struct span a, size_t from);
/* At most the first `len` bytes. */
struct span span_first(struct span a, size_t len);
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
size_t span_run(struct span a, const char *set);
/* True when every byte is one of the set. */
bool span_only(struct span a, const char *set);
/* True when every byte is printable ASCII; visible: other than a blank. */
bool span_printable(struct span a);
bool span_visible(struct span a);

/* ASCII only, whatever the locale. */
char ascii_lower(char c);
bool ascii_alnum(char c);

#endif
