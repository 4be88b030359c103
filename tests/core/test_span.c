#include "expect.h"

#include "core/span.h"

static void test_of(void **state)
{
	(void)state;
	assert_int_equal(span_of("abc").len, 3);
	assert_int_equal(span_of("").len, 0);
	assert_int_equal(span_of(NULL).len, 0);
	assert_non_null(span_of(NULL).at);
}

static void test_equal(void **state)
{
	(void)state;
	struct span none = { NULL, 0 };

	assert_true(span_equal(span_of("ab"), span_of("ab")));
	assert_false(span_equal(span_of("ab"), span_of("abc")));
	assert_false(span_equal(span_of("ab"), span_of("aB")));
	assert_true(span_equal(none, SPAN_EMPTY));
	assert_true(span_is(span_of("x"), "x"));
	assert_false(span_is(span_of("x"), "xy"));
	assert_true(span_equal_nocase(span_of("aZ-[@"), span_of("Az-[@")));
	assert_false(span_equal_nocase(span_of("@"), span_of("`")));
	assert_false(span_equal_nocase(span_of("["), span_of("{")));
	assert_false(
	    span_equal_nocase(span_of("\xc3\xa9"), span_of("\xc3\x89")));
	assert_false(span_equal_nocase(span_of("a"), span_of("ab")));
}

static void test_starts(void **state)
{
	(void)state;
	assert_true(span_starts(span_of("abc"), "ab"));
	assert_true(span_starts(span_of("abc"), ""));
	assert_true(span_starts(span_of("abc"), "abc"));
	assert_false(span_starts(span_of("ab"), "abc"));
	assert_false(span_starts(span_of("xab"), "ab"));
}

static void test_find(void **state)
{
	(void)state;
	struct span none = { NULL, 0 };

	assert_int_equal(span_find(span_of("a.b.c"), '.'), 1);
	assert_int_equal(span_find_last(span_of("a.b.c"), '.'), 3);
	assert_int_equal(span_find(span_of("abc"), '.'), 3);
	assert_int_equal(span_find_last(span_of("abc"), '.'), 3);
	assert_int_equal(span_find(none, '.'), 0);
	assert_int_equal(span_find_last(none, '.'), 0);
}

static void test_pieces(void **state)
{
	(void)state;
	struct span none = { NULL, 0 };

	expect_span(span_from(span_of("abc"), 1), "bc");
	expect_span(span_from(span_of("abc"), 3), "");
	expect_span(span_from(span_of("abc"), 9), "");
	expect_span(span_from(none, 1), "");
	expect_span(span_first(span_of("abc"), 2), "ab");
	expect_span(span_first(span_of("abc"), 9), "abc");
	expect_span(span_trim(span_of(" \t a b\t "), " \t"), "a b");
	expect_span(span_trim(span_of("   "), " "), "");
	/* The NUL at the end of the set is not one of its bytes. */
	assert_int_equal(span_trim((struct span){ "\0a\0", 3 }, " ").len, 3);
}

static void test_cut(void **state)
{
	(void)state;
	struct span rest = span_of("a,,b");

	expect_span(span_cut(&rest, ','), "a");
	expect_span(rest, ",b");
	expect_span(span_cut(&rest, ','), "");
	expect_span(span_cut(&rest, ','), "b");
	assert_null(rest.at);
	assert_int_equal(rest.len, 0);
	expect_span(span_cut(&rest, ','), "");

	/* What follows the last separator is a piece, though empty. */
	rest = span_of("a,");
	expect_span(span_cut(&rest, ','), "a");
	assert_non_null(rest.at);
	expect_span(span_cut(&rest, ','), "");
	assert_null(rest.at);
}

static void test_u64(void **state)
{
	(void)state;
	static const char *const wrong[] = { "", "-1", "+1", " 1", "1 ", "1.0",
		"1e3", "0x1", "18446744073709551616", "99999999999999999999" };
	uint64_t value = 77;

	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		assert_false(span_u64(span_of(wrong[i]), &value));
		assert_int_equal(value, 77);
	}
	assert_true(span_u64(span_of("0"), &value));
	assert_int_equal(value, 0);
	assert_true(span_u64(span_of("007"), &value));
	assert_int_equal(value, 7);
	assert_true(span_u64(span_of("18446744073709551615"), &value));
	assert_true(value == UINT64_MAX);
}

static void test_sets(void **state)
{
	(void)state;
	const struct chars ab = chars_of("ab");

	assert_int_equal(span_run(span_of("abcab"), &ab), 2);
	assert_int_equal(span_run(span_of("cab"), &ab), 0);
	assert_int_equal(span_run((struct span){ "aba", 2 }, &ab), 2);
	assert_int_equal(span_run((struct span){ "a\0a", 3 }, &ab), 1);
	assert_int_equal(span_run(SPAN_EMPTY, &ab), 0);
	assert_true(span_only(span_of("abba"), &ab));
	assert_true(span_only(span_of(""), &ab));
	assert_false(span_only(span_of("abc"), &ab));
	assert_false(span_only((struct span){ "a\0", 2 }, &ab));
	/* Wherever the first other byte is. */
	for (size_t len = 0; len < 12; len++) {
		char text[13] = "abababababab";
		text[len] = 'c';
		for (size_t all = 0; all <= 12; all++)
			assert_int_equal(
			    span_run((struct span){ text, all }, &ab),
			    len < all ? len : all);
	}
	assert_true(span_visible(SPAN_EMPTY));
	assert_false(span_visible(span_of("a b")));
	assert_false(span_visible((struct span){ "a\0", 2 }));
	for (int c = 0; c < 256; c++) {
		const char byte = (char)c;
		assert_int_equal(span_visible((struct span){ &byte, 1 }),
		    c >= 33 && c <= 126);
		bool digit = c >= 48 && c <= 57;
		bool upper = c >= 65 && c <= 90;
		bool lower = c >= 97 && c <= 122;
		assert_int_equal(ascii_alnum((char)c), digit || upper || lower);
		assert_int_equal(
		    ascii_lower((char)c), (char)(upper ? c + 32 : c));
	}
}

/* From the list of the authors of FNV: isthe.com/chongo/tech/comp/fnv. */
static void test_hash(void **state)
{
	(void)state;
	assert_int_equal(span_hash(SPAN_HASH, span_of("")), 0x811c9dc5);
	assert_int_equal(span_hash(SPAN_HASH, span_of("a")), 0xe40c292c);
	assert_int_equal(span_hash(SPAN_HASH, span_of("foobar")), 0xbf9cf968);
	assert_int_equal(
	    span_hash(span_hash(SPAN_HASH, span_of("foo")), span_of("bar")),
	    0xbf9cf968);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_starts),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_u64),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
