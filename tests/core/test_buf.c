#include "expect.h"

#include "core/buf.h"

static void test_fills(void **state)
{
	(void)state;
	char memory[8];
	struct buf buf;

	buf_init(&buf, memory, sizeof(memory));
	expect_buf(&buf, "");
	buf_text(&buf, "abc");
	buf_char(&buf, 'd');
	buf_add(&buf, span_of("efg"));
	expect_buf(&buf, "abcdefg");
}

static void test_what_does_not_fit_is_not_written(void **state)
{
	(void)state;
	char memory[8];
	struct buf buf;

	buf_init(&buf, memory, sizeof(memory));
	buf_text(&buf, "abcde");
	buf_text(&buf, "fgh");
	assert_false(buf_ok(&buf));
	expect_span(buf_span(&buf), "abcde");
	/* Full for good: what would fit is not added behind a gap. */
	buf_char(&buf, 'x');
	assert_false(buf_ok(&buf));
	expect_span(buf_span(&buf), "abcde");
	buf_reset(&buf);
	expect_buf(&buf, "");
	buf_text(&buf, "abcdefg");
	expect_buf(&buf, "abcdefg");
	buf_text(&buf, "");
	expect_buf(&buf, "abcdefg");
	buf_char(&buf, 'h');
	assert_false(buf_ok(&buf));
}

static void test_smallest(void **state)
{
	(void)state;
	char memory[1] = { 'x' };
	struct buf buf;

	buf_init(&buf, memory, sizeof(memory));
	expect_buf(&buf, "");
	buf_add(&buf, (struct span){ NULL, 0 });
	expect_buf(&buf, "");
	buf_char(&buf, 'a');
	assert_false(buf_ok(&buf));
	assert_int_equal(memory[0], 0);
}

static void test_numbers(void **state)
{
	(void)state;
	char memory[64];
	struct buf buf;

	buf_init(&buf, memory, sizeof(memory));
	buf_u64(&buf, 0);
	buf_char(&buf, ' ');
	buf_u64(&buf, 1090);
	buf_char(&buf, ' ');
	buf_u64(&buf, UINT64_MAX);
	expect_buf(&buf, "0 1090 18446744073709551615");
}

static void test_take(void **state)
{
	(void)state;
	char memory[8] = "xxxxxxx";
	struct buf buf = buf_of(memory, sizeof(memory));

	buf_text(&buf, "ab");
	assert_ptr_equal(buf_take(&buf, 5), memory + 2);
	assert_int_equal(memory[7], 0);
	memcpy(memory + 2, "cdefg", 5);
	expect_buf(&buf, "abcdefg");
	assert_null(buf_take(&buf, 1));
	assert_false(buf_ok(&buf));
	expect_span(buf_span(&buf), "abcdefg");
	buf_reset(&buf);
	assert_null(buf_take(&buf, 8));
	assert_null(buf_take(&buf, SIZE_MAX));
	/* Full for good, as above. */
	assert_null(buf_take(&buf, 1));
	expect_span(buf_span(&buf), "");
}

static void test_lower(void **state)
{
	(void)state;
	char memory[12];
	struct buf buf = buf_of(memory, sizeof(memory));

	buf_lower(&buf, (struct span){ NULL, 0 });
	buf_lower(&buf, span_of("@AZ[`az{\xc3\x89"));
	expect_buf(&buf, "@az[`az{\xc3\x89");
	buf_lower(&buf, span_of("ABC"));
	assert_false(buf_ok(&buf));
	expect_span(buf_span(&buf), "@az[`az{\xc3\x89");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fills),
		cmocka_unit_test(test_what_does_not_fit_is_not_written),
		cmocka_unit_test(test_smallest),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_lower),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
