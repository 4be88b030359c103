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

/* By Perl's Unicode data: Cc, Cf, Zl, Zp and Default_Ignorable_Code_Point
 * (14.0, with 13439 to 1343F of 15.0). */
static void test_hidden(void **state)
{
	static const uint32_t some[] = { 0x00, 0x0a, 0x1b, 0x7f, 0x85, 0x9b,
		0xad, 0x34f, 0x600, 0x605, 0x61c, 0x6dd, 0x70f, 0x890, 0x891,
		0x8e2, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180b, 0x180e, 0x180f,
		0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a,
		0x202b, 0x202c, 0x202d, 0x202e, 0x2060, 0x2061, 0x2064, 0x2065,
		0x2066, 0x2067, 0x2068, 0x2069, 0x206a, 0x206f, 0x3164, 0xfe00,
		0xfe0f, 0xfeff, 0xffa0, 0xfff0, 0xfff9, 0xfffa, 0xfffb, 0x110bd,
		0x110cd, 0x13430, 0x13438, 0x1bca0, 0x1bca3, 0x1d173, 0x1d17a,
		0xe0000, 0xe0001, 0xe0020, 0xe0041, 0xe007f, 0xe0100, 0xe01ef,
		0xe0fff };
	static const uint32_t plain[] = { ' ', '~', 0xa0, 0xac, 0xae, 0x34e,
		0x350, 0x5ff, 0x606, 0x61b, 0x61d, 0x200a, 0x2010, 0x2027,
		0x202f, 0x205f, 0x2070, 0xfdff, 0xfe10, 0xfffd, 0x1f63a,
		0xdffff, 0xe1000, 0x10ffff };
	unsigned all = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(some); i++)
		if (!utf8_is_hidden(some[i]))
			fail_msg("U+%04X is seen", some[i]);
	for (size_t i = 0; i < COUNT_OF(plain); i++)
		if (utf8_is_hidden(plain[i]))
			fail_msg("U+%04X is hidden", plain[i]);
	for (uint32_t code = 0; code <= 0x10ffff; code++)
		all += utf8_is_hidden(code);
	assert_int_equal(all, 4273);
}

static void test_next_outside(void **state)
{
	(void)state;
	const struct chars ab = chars_of("ab");
	struct span rest = span_of("abc\xc3\xa9"
				   "ba");
	uint32_t code = 0;

	assert_true(utf8_next_outside(&rest, &ab, &code));
	assert_int_equal(code, 'c');
	expect_span(rest, "\xc3\xa9"
			  "ba");
	assert_true(utf8_next_outside(&rest, &ab, &code));
	assert_int_equal(code, 0xe9);
	assert_false(utf8_next_outside(&rest, &ab, &code));
	expect_span(rest, "");
	assert_int_equal(code, 0xe9);
	rest = span_of("ab\xff"
		       "a");
	assert_false(utf8_next_outside(&rest, &ab, &code));
	expect_span(rest, "\xff"
			  "a");
	rest = (struct span){ NULL, 0 };
	assert_false(utf8_next_outside(&rest, &ab, &code));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_next_outside),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
