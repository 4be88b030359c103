#include "expect.h"

#include "endpoint/range.h"

static void expect_part(
    const char *header, uint64_t size, uint64_t first, uint64_t last)
{
	struct range range = { 0 };

	if (range_read(span_of(header), size, &range) != RANGE_PART)
		fail_msg("not a part: %s", header);
	assert_int_equal(range.first, first);
	assert_int_equal(range.last, last);
}

static void expect_kind(const char *header, uint64_t size, enum range_kind kind)
{
	struct range range;

	if (range_read(span_of(header), size, &range) != kind)
		fail_msg("%s of %d", header, (int)size);
}

/* The examples of RFC 9110, section 14.1.2, for 10,000 bytes, and edges. */
static void test_parts(void **state)
{
	(void)state;
	expect_part("bytes=0-499", 10000, 0, 499);
	expect_part("bytes=500-999", 10000, 500, 999);
	expect_part("bytes=-500", 10000, 9500, 9999);
	expect_part("bytes=9500-", 10000, 9500, 9999);
	expect_part("bytes=0-0", 10000, 0, 0);
	expect_part("bytes=9999-20000", 10000, 9999, 9999);
	expect_part("bytes=-20000", 10000, 0, 9999);
	expect_part("BYTES= 1-2 ", 10000, 1, 2);
	expect_part("bytes=5-99999999999999999999999", 10000, 5, 9999);
	expect_part("bytes=-99999999999999999999999", 10000, 0, 9999);
}

static void test_beyond_the_end(void **state)
{
	(void)state;
	expect_kind("bytes=10000-", 10000, RANGE_UNSATISFIABLE);
	expect_kind("bytes=10000-10001", 10000, RANGE_UNSATISFIABLE);
	expect_kind(
	    "bytes=99999999999999999999999-", 10000, RANGE_UNSATISFIABLE);
	expect_kind("bytes=-0", 10000, RANGE_UNSATISFIABLE);
	expect_kind("bytes=0-", 0, RANGE_UNSATISFIABLE);
	expect_kind("bytes=-1", 0, RANGE_UNSATISFIABLE);
}

static void test_what_is_ignored(void **state)
{
	static const char *const headers[] = { "bytes", "bytes=", "bytes=-",
		"bytes=a-b", "bytes=1-a", "bytes=2-1", "bytes=0-1,3-4",
		"bytes=0-1,", "lines=0-1", "0-1", "bytes 0-1", "bytes=+1-2",
		"bytes=1 - 2", "bytes=--5", "" };
	struct range range;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(headers); i++)
		expect_kind(headers[i], 10000, RANGE_WHOLE);
	assert_int_equal(
	    range_read((struct span){ NULL, 0 }, 5, &range), RANGE_WHOLE);
}

static void test_entity_tags(void **state)
{
	const struct span tag = span_of("\"abc\"");

	(void)state;
	assert_true(range_etag_listed(span_of("\"abc\""), tag));
	assert_true(range_etag_listed(span_of("W/\"abc\""), tag));
	assert_true(range_etag_listed(span_of("\"x\", \"abc\" ,\"y\""), tag));
	assert_true(range_etag_listed(span_of(" * "), tag));
	assert_false(range_etag_listed(span_of("\"ab\""), tag));
	assert_false(range_etag_listed(span_of("abc"), tag));
	assert_false(range_etag_listed(span_of(""), tag));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_beyond_the_end),
		cmocka_unit_test(test_what_is_ignored),
		cmocka_unit_test(test_entity_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
