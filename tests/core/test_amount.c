#include "expect.h"

#include "core/amount.h"

static void takes_whole_numbers_with_units(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} rows[] = {
		{ "0", 0 },
		{ "123", 123 },
		{ "7 B", 7 },
		{ "3KB", 3000 },
		{ "10 KiB", 10240 },
		{ "2 MB", 2000000 },
		{ "100 MiB", 104857600 },
		{ "5 GB", 5000000000 },
		{ "1 GiB", 1073741824 },
		{ "4 TB", 4000000000000 },
		{ "1 TiB", 1099511627776 },
		{ " 10\tkib ", 10240 },
		{ "9223372036854775807", 9223372036854775807 },
		{ "8388607 TiB", 9223370937343148032 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *wrong = NULL;
		uint64_t bytes = 1;

		if (!amount_bytes_read(span_of(rows[i].text), &bytes, &wrong))
			fail_msg("%s: %s", rows[i].text, wrong);
		assert_int_equal(bytes, rows[i].bytes);
	}
}

static void refuses_the_rest(void **state)
{
	static const char *const texts[] = { "", " ", "MiB", "-1", "+1",
		"1.5 GB", "1,5 GB", "1 Gb/s", "1 GiBi", "1 PB", "1e3", "0x10",
		"1 2", "9223372036854775808", "8388608 TiB",
		"18446744073709551616", "9223372036854775808 TB" };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		const char *wrong = NULL;
		uint64_t bytes = 77;

		if (amount_bytes_read(span_of(texts[i]), &bytes, &wrong))
			fail_msg("\"%s\" was taken", texts[i]);
		assert_non_null(wrong);
		assert_int_equal(bytes, 77);
	}
}

static void writes_what_people_read(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = { { 0, "0 bytes" }, { 1, "1 byte" }, { 999, "999 bytes" },
		{ 1000, "1 KB" }, { 1024, "1 KiB" }, { 1025, "1025 bytes" },
		{ 102400, "100 KiB" }, { 104857600, "100 MiB" },
		{ 6000000000, "6 GB" }, { 5368709120, "5 GiB" },
		{ 5368709121, "5368709121 bytes" },
		{ UINT64_C(1) << 40, "1 TiB" },
		{ UINT64_MAX, "18446744073709551615 bytes" } };
	char text[AMOUNT_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		amount_bytes_write(rows[i].bytes, text);
		assert_string_equal(text, rows[i].text);
	}
}

static void takes_durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds;
	} rows[] = {
		{ "0 s", 0 },
		{ "90s", 90 },
		{ "1 second", 1 },
		{ "2 Seconds", 2 },
		{ "10 min", 600 },
		{ "1 minute", 60 },
		{ "10 minutes", 600 },
		{ "12h", 43200 },
		{ "1 hour", 3600 },
		{ "2 hours", 7200 },
		{ "7 d", 604800 },
		{ " 1\tDAY ", 86400 },
		{ "30 days", 2592000 },
		{ "106751991167300 d", 9223372036854720000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *wrong = NULL;
		uint64_t seconds = 1;

		if (!amount_seconds_read(
			span_of(rows[i].text), &seconds, &wrong))
			fail_msg("%s: %s", rows[i].text, wrong);
		assert_int_equal(seconds, rows[i].seconds);
	}
}

static void refuses_other_durations(void **state)
{
	static const char *const texts[] = { "", "s", "30", "1.5 h", "1,5 h",
		"-1 d", "1 m", "1 week", "1 month", "1 y", "1h 30min", "1d2",
		"106751991167301 d" };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		const char *wrong = NULL;
		uint64_t seconds = 77;

		if (amount_seconds_read(span_of(texts[i]), &seconds, &wrong))
			fail_msg("\"%s\" was taken", texts[i]);
		assert_non_null(wrong);
		assert_int_equal(seconds, 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_whole_numbers_with_units),
		cmocka_unit_test(refuses_the_rest),
		cmocka_unit_test(writes_what_people_read),
		cmocka_unit_test(takes_durations),
		cmocka_unit_test(refuses_other_durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
