#include "expect.h"

#include "core/chars.h"
#include "core/span.h"

static bool alnum(int c)
{
	return (c >= 48 && c <= 57) || (c >= 65 && c <= 90) ||
	       (c >= 97 && c <= 122);
}

/* All visible ASCII but the delimiters that RFC 9110, section 5.6.2,
 * names: DQUOTE and "(),/:;<=>?@[\]{}". */
static bool tchar(int c)
{
	return c >= 33 && c <= 126 && c != 34 && c != 40 && c != 41 &&
	       c != 44 && c != 47 && !(c >= 58 && c <= 64) &&
	       !(c >= 91 && c <= 93) && c != 123 && c != 125;
}

static void test_sets(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		const char byte = (char)c;
		const struct span text = { &byte, 1 };

		bool digit = c >= 48 && c <= 57, lower = c >= 97 && c <= 122;
		bool unreserved =
		    alnum(c) || c == 45 || c == 46 || c == 95 || c == 126;

		assert_int_equal(span_only(text, &chars_digit), digit);
		assert_int_equal(span_only(text, &chars_alnum), alnum(c));
		assert_int_equal(
		    span_only(text, &chars_lower_alnum), digit || lower);
		assert_int_equal(span_only(text, &chars_lower_hex),
		    digit || (c >= 97 && c <= 102));
		assert_int_equal(span_only(text, &chars_token), tchar(c));
		assert_int_equal(span_only(text, &chars_id),
		    alnum(c) || c == 45 || c == 46 || c == 95);
		assert_int_equal(span_only(text, &chars_word),
		    alnum(c) || c == 45 || c == 95);
		assert_int_equal(
		    span_only(text, &chars_unreserved), unreserved);
		assert_int_equal(
		    span_only(text, &chars_path), unreserved || c == 47);
		assert_int_equal(
		    span_only(text, &chars_printable), c >= 32 && c <= 126);
	}
}

static void test_of_text(void **state)
{
	(void)state;
	const struct chars none = chars_of("");
	const struct chars some = chars_of("a~\xff" CHARS_DIGIT);

	for (int c = 0; c < 256; c++) {
		assert_false(chars_have(&none, (char)c));
		assert_int_equal(chars_have(&some, (char)c),
		    (c >= 48 && c <= 57) || c == 97 || c == 126 || c == 255);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_of_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
