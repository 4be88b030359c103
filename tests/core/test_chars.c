#include "expect.h"

#include "core/chars.h"

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

		assert_int_equal(
		    span_only(text, CHARS_DIGIT), c >= 48 && c <= 57);
		assert_int_equal(span_only(text, CHARS_ALNUM), alnum(c));
		assert_int_equal(span_only(text, CHARS_TOKEN), tchar(c));
		assert_int_equal(span_only(text, CHARS_ID),
		    alnum(c) || c == 45 || c == 46 || c == 95);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
