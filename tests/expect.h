#ifndef TESTS_EXPECT_H
#define TESTS_EXPECT_H

/* What cmocka.h needs before it, and comparisons of spans and buffers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/hex.h"

static inline void expect_span_at(
    struct span got, const char *want, const char *file, int line)
{
	if (!span_is(got, want)) {
		print_error("got  \"%.*s\"\nwant \"%s\"\n", (int)got.len,
		    got.at ? got.at : "", want);
		_fail(file, line);
	}
}

#define expect_span(got, want) expect_span_at(got, want, __FILE__, __LINE__)

/* The buffer has just this text, and nothing was left out. */
#define expect_buf(buf, want)                                                  \
	do {                                                                   \
		assert_true(buf_ok(buf));                                      \
		expect_span_at(buf_span(buf), want, __FILE__, __LINE__);       \
		assert_int_equal((buf)->at[(buf)->len], 0);                    \
	} while (0)

static inline void expect_hex_at(const uint8_t *got, size_t len,
    const char *want, const char *file, int line)
{
	char memory[257];
	struct buf hex;

	buf_init(&hex, memory, sizeof(memory));
	hex_encode(&hex, got, len);
	expect_span_at(buf_span(&hex), want, file, line);
}

#define expect_hex(got, len, want)                                             \
	expect_hex_at(got, len, want, __FILE__, __LINE__)

static inline void expect_between_at(
    uintmax_t got, uintmax_t least, uintmax_t most, const char *file, int line)
{
	if (got < least || got > most) {
		print_error(
		    "%ju is not between %ju and %ju\n", got, least, most);
		_fail(file, line);
	}
}

/* What cmocka has for it is called otherwise from its version 2 on. */
#define expect_between(got, least, most)                                       \
	expect_between_at((uintmax_t)(got), (uintmax_t)(least),                \
	    (uintmax_t)(most), __FILE__, __LINE__)

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
