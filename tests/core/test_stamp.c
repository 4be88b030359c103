#include "expect.h"

#include <stdio.h>

#include "core/stamp.h"

/* From Python's time.gmtime. */
static const struct {
	int64_t seconds;
	const char *rfc3339;
	const char *http;
} vectors[] = {
	{ 0, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT" },
	{ 784111777, "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT" },
	{ 951782400, "2000-02-29T00:00:00Z", "Tue, 29 Feb 2000 00:00:00 GMT" },
	{ 951868799, "2000-02-29T23:59:59Z", "Tue, 29 Feb 2000 23:59:59 GMT" },
	{ 1369353600, "2013-05-24T00:00:00Z", "Fri, 24 May 2013 00:00:00 GMT" },
	{ 1709164800, "2024-02-29T00:00:00Z", "Thu, 29 Feb 2024 00:00:00 GMT" },
	{ 1732300000, "2024-11-22T18:26:40Z", "Fri, 22 Nov 2024 18:26:40 GMT" },
	{ 1735689599, "2024-12-31T23:59:59Z", "Tue, 31 Dec 2024 23:59:59 GMT" },
	{ 4107542399, "2100-02-28T23:59:59Z", "Sun, 28 Feb 2100 23:59:59 GMT" },
	{ 4107542400, "2100-03-01T00:00:00Z", "Mon, 01 Mar 2100 00:00:00 GMT" },
	{ 253402300799, "9999-12-31T23:59:59Z",
	    "Fri, 31 Dec 9999 23:59:59 GMT" },
	/* What is outside counts as the nearest. */
	{ -1, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT" },
	{ INT64_MIN, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT" },
	{ INT64_MAX, "9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 GMT" },
};

static void test_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		char memory[40];
		struct buf out;
		buf_init(&out, memory, sizeof(memory));
		stamp_rfc3339(&out, vectors[i].seconds);
		expect_buf(&out, vectors[i].rfc3339);
		buf_reset(&out);
		stamp_http(&out, vectors[i].seconds);
		expect_buf(&out, vectors[i].http);
	}
}

static void test_other_forms(void **state)
{
	(void)state;
	char memory[40];
	struct buf out;

	buf_init(&out, memory, sizeof(memory));
	stamp_date(&out, 1369353600);
	buf_char(&out, ' ');
	stamp_amz(&out, 1732300000);
	expect_buf(&out, "2013-05-24 20241122T182640Z");
}

/* Every day of 400 years, counted by hand. */
static void test_calendar(void **state)
{
	(void)state;
	static const unsigned lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30,
		31, 30, 31 };
	int64_t seconds = 0;

	for (unsigned year = 1970; year < 2370; year++) {
		bool leap =
		    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
		for (unsigned month = 1; month <= 12; month++) {
			unsigned days =
			    lengths[month - 1] + (month == 2 && leap ? 1 : 0);
			for (unsigned day = 1; day <= days; day++) {
				char want[40];
				char memory[40];
				struct buf out;
				snprintf(want, sizeof(want), "%04u-%02u-%02u",
				    year, month, day);
				buf_init(&out, memory, sizeof(memory));
				stamp_date(&out, seconds);
				expect_buf(&out, want);
				seconds += 86400;
			}
		}
	}
}

static void test_read(void **state)
{
	/* By `date -u -d … +%s`. */
	static const struct {
		const char *text;
		int64_t seconds;
	} right[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2014-10-24T23:00:23Z", 1414191623 },
		{ "2016-02-29T12:00:00Z", 1456747200 },
		{ "2000-03-01T00:00:00Z", 951868800 },
		{ "1999-12-31T23:59:59.999Z", 946684799 },
		{ "2026-11-25T18:00:00+00:00", 1795629600 },
		{ "2026-11-25T18:00:00-05:30", 1795649400 },
		{ "2014-10-24t23:00:23+02:00", 1414184423 },
		{ "2014-10-24T23:00:23.5+02:00", 1414184423 },
		{ "2100-02-28T23:59:59z", 4107542399 },
		/* A leap second. */
		{ "2016-12-31T23:59:60Z", 1483228800 },
		{ "9999-12-31T23:59:59Z", 253402300799 },
	};
	static const char *const wrong[] = { "", "2014-10-24", "2014-10-24T23",
		"2014-10-24T23:00:23", "2014-13-24T23:00:23Z",
		"2014-00-24T23:00:23Z", "2014-10-00T23:00:23Z",
		"2014-10-32T23:00:23Z", "2014-02-29T23:00:23Z",
		"2100-02-29T23:00:23Z", "2014-04-31T23:00:23Z",
		"2014-10-24T24:00:23Z", "2014-10-24T23:60:23Z",
		"2014-10-24T23:00:61Z", "2014-10-24 23:00:23Z",
		"2014-10-24T23:00:23.Z", "2014-10-24T23:00:23+24:00",
		"2014-10-24T23:00:23+02:60", "2014-10-24T23:00:23+0200",
		"2014-10-24T23:00:23+02", "2014-10-24T23:00:23+02:00Z",
		"2014-10-24T23:00:23", "2014-10-24T23:00:23Zx",
		"1969-12-31T23:59:59Z", "-014-10-24T23:00:23Z",
		"2014-10-2xT23:00:23Z", "1414191623" };
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
		assert_true(stamp_read(span_of(right[i].text), &seconds));
		assert_int_equal(seconds, right[i].seconds);
	}
	seconds = 7;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		if (stamp_read(span_of(wrong[i]), &seconds))
			fail_msg("%s was taken", wrong[i]);
		assert_int_equal(seconds, 7);
	}
}

static void test_read_amz(void **state)
{
	static const char *const wrong[] = { "", "never", "20261231T235959",
		"20261231T235959z", "20261231t235959Z", "20261231T235959ZZ",
		"20261331T235959Z", "20260229T235959Z", "20261231T245959Z",
		"2026123 T235959Z", "20261231T2359-9Z", "19691231T235959Z",
		"2026-12-31T23:59" };
	int64_t seconds = 7;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		if (stamp_amz_read(span_of(wrong[i]), &seconds))
			fail_msg("%s was taken", wrong[i]);
		assert_int_equal(seconds, 7);
	}
	assert_true(stamp_amz_read(span_of("20261231T235959Z"), &seconds));
	assert_int_equal(seconds, 1798761599);
	assert_true(stamp_amz_read(span_of("99991231T235959Z"), &seconds));
	assert_int_equal(seconds, 253402300799);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_other_forms),
		cmocka_unit_test(test_calendar),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_amz),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
