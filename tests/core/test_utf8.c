#include "expect.h"

#include "core/utf8.h"

static const struct {
	const char *bytes;
	uint32_t code;
} characters[] = {
	{ "A", 0x41 },
	{ "\x7f", 0x7f },
	{ "\xc2\x80", 0x80 },
	{ "\xdf\xbf", 0x7ff },
	{ "\xe0\xa0\x80", 0x800 },
	{ "\xed\x9f\xbf", 0xd7ff },
	{ "\xee\x80\x80", 0xe000 },
	{ "\xef\xbf\xbf", 0xffff },
	{ "\xf0\x90\x80\x80", 0x10000 },
	{ "\xf4\x8f\xbf\xbf", 0x10ffff },
};

static const char *const wrong[] = {
	"\x80",
	"\xbf",
	"\xc0\x80",
	"\xc1\xbf", /* overlong */
	"\xc2",
	"\xc2\x41",
	"\xc2\xc2\x80", /* cut, broken */
	"\xe0\x9f\xbf",
	"\xe0\xa0",
	"\xe1\x80\x41",
	"\xf0\x8f\xbf\xbf",
	"\xed\xa0\x80",
	"\xed\xbf\xbf", /* surrogates */
	"\xf4\x90\x80\x80",
	"\xf5\x80\x80\x80", /* beyond U+10FFFF */
	"\xf8\x88\x80\x80\x80",
	"\xfe",
	"\xff",
	"\xf0\x90\x80",
};

static void test_next(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(characters); i++) {
		struct span rest = span_of(characters[i].bytes);
		uint32_t code = 0;
		assert_true(utf8_next(&rest, &code));
		assert_int_equal(code, characters[i].code);
		assert_int_equal(rest.len, 0);
		assert_false(utf8_next(&rest, &code));
	}
	struct span rest = { "\0x", 2 };
	uint32_t code = 1;
	assert_true(utf8_next(&rest, &code));
	assert_int_equal(code, 0);
	expect_span(rest, "x");
}

static void test_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct span rest = span_of(wrong[i]);
		uint32_t code = 77;
		assert_false(utf8_next(&rest, &code));
		assert_int_equal(code, 77);
		assert_ptr_equal(rest.at, wrong[i]);
		assert_false(utf8_valid(span_of(wrong[i])));
	}
	assert_true(utf8_valid(span_of("tr\xc3\xa8s \xf0\x9f\x98\xba")));
	assert_true(utf8_valid(SPAN_EMPTY));
	assert_false(utf8_valid(span_of("abc\xc3")));
}

static void test_first(void **state)
{
	(void)state;
	/* a, U+00E9, U+20AC, U+1F63A: 1, 2, 3 and 4 bytes. */
	static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\xba";
	static const size_t want[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10 };

	for (size_t max = 0; max < COUNT_OF(want); max++)
		assert_int_equal(utf8_first(span_of(text), max).len, want[max]);
}

static void test_kinds(void **state)
{
	(void)state;
	unsigned controls = 0;
	unsigned blanks = 0;

	for (uint32_t code = 0; code < 0x11000; code++) {
		controls += utf8_is_control(code);
		blanks += utf8_is_blank(code);
		assert_false(utf8_is_control(code) && utf8_is_blank(code));
	}
	assert_int_equal(controls, 65);
	assert_int_equal(blanks, 19);
	assert_true(utf8_is_control(0x1f));
	assert_true(utf8_is_control(0x9f));
	static const uint32_t all[] = { 0x20, 0xa0, 0x1680, 0x2000, 0x200a,
		0x2028, 0x2029, 0x202f, 0x205f, 0x3000 };
	for (size_t i = 0; i < COUNT_OF(all); i++)
		assert_true(utf8_is_blank(all[i]));
	assert_false(utf8_is_blank(0x200b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
