#include "expect.h"

#include "service/log.h"

#include <unistd.h>

/* What one line looks like on stderr, behind its time stamp. */
static void capture(
    const struct log *log, struct span value, char *ret_line, size_t size)
{
	struct log_line line;
	int ends[2], saved = dup(STDERR_FILENO);
	ssize_t len;

	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	log_begin(&line, log, CONF_LOG_WARN, "two words");
	log_span(&line, "value", value);
	log_u64(&line, "n", 7);
	log_end(&line);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	len = read(ends[0], ret_line, size - 1);
	assert_true(len >= 0);
	ret_line[len] = '\0';
	close(ends[0]);
}

static void expect_logfmt(const char *value, const char *want)
{
	const struct log log = { CONF_LOG_LOGFMT, CONF_LOG_INFO };
	char got[4200];

	capture(&log, span_of(value), got, sizeof got);
	/* ts=2026-11-23T21:45:03Z and a blank are 24 bytes. */
	assert_memory_equal(got, "ts=2", 4);
	assert_string_equal(got + 24, want);
}

static void test_logfmt(void **state)
{
	(void)state;
#define LINE(v) "level=warn msg=\"two words\" value=" v " n=7\n"
	expect_logfmt("plain-1.2:3", LINE("plain-1.2:3"));
	expect_logfmt("", LINE("\"\""));
	expect_logfmt("a b", LINE("\"a b\""));
	expect_logfmt("a=\"b\"\\", LINE("\"a=\\\"b\\\"\\\\\""));
	expect_logfmt("a\nlevel=error\r\x1b[1m\x7f",
	    LINE("\"a\\u000alevel=error\\u000d\\u001b[1m\\u007f\""));
	expect_logfmt(
	    "\xc3\xa9\xff\xc2\x85", LINE("\"\xc3\xa9\\ufffd\\u0085\""));
}

/* Nothing that hides in a line, or moves what stands beside it. */
static void test_what_cannot_be_seen(void **state)
{
	(void)state;
	/* U+202E, U+2028, U+200B, U+E0041 as UTF-16, and an emoji as it is. */
	expect_logfmt("a\xe2\x80\xae\x62", LINE("\"a\\u202eb\""));
	expect_logfmt("\xe2\x80\xa8\xe2\x80\x8b", LINE("\"\\u2028\\u200b\""));
	expect_logfmt("\xf3\xa0\x81\x81", LINE("\"\\udb40\\udc41\""));
	expect_logfmt("\xf0\x9f\x98\xba", LINE("\"\xf0\x9f\x98\xba\""));
}

static void test_json(void **state)
{
	const struct log log = { CONF_LOG_JSON, CONF_LOG_INFO };
	char got[4200];

	(void)state;
	capture(&log, span_of("a\"\n"), got, sizeof got);
	assert_memory_equal(got, "{\"ts\":\"2", 8);
	assert_string_equal(got + 29,
	    "\"level\":\"warn\",\"msg\":\"two words\","
	    "\"value\":\"a\\\"\\u000a\",\"n\":7}\n");
}

static void test_levels_and_length(void **state)
{
	const struct log quiet = { CONF_LOG_LOGFMT, CONF_LOG_ERROR };
	const struct log log = { CONF_LOG_LOGFMT, CONF_LOG_INFO };
	char long_value[1000], got[4200];

	(void)state;
	capture(&quiet, span_of("x"), got, sizeof got);
	assert_string_equal(got, "");
	/* The longest form of the longest value still fits in a line. */
	memset(long_value, '\x01', sizeof long_value);
	capture(&log, (struct span){ long_value, sizeof long_value }, got,
	    sizeof got);
	assert_int_equal(strlen(got), 24 + 33 + 2 + 256 * 6 + 5);
}

/* A line always ends: what it has no room for is left out, and counted. */
static void test_too_much_for_a_line(void **state)
{
	const struct log formats[] = { { CONF_LOG_LOGFMT, CONF_LOG_INFO },
		{ CONF_LOG_JSON, CONF_LOG_INFO } };
	const char *const ends[] = { " n=18446744073709551615 left_out=3\n",
		",\"n\":18446744073709551615,\"left_out\":3}\n" };
	char value[256];
	struct log_line line;
	struct span got;

	(void)state;
	memset(value, '\x01', sizeof value);
	for (size_t i = 0; i < COUNT_OF(formats); i++) {
		log_begin(&line, &formats[i], CONF_LOG_WARN, "two words");
		for (unsigned n = 0; n < 5; n++)
			log_span(&line, "value",
			    (struct span){ value, sizeof value });
		log_u64(&line, "n", UINT64_MAX);
		got = log_finish(&line);
		expect_between(got.len, 2 * 1536, 4095);
		expect_span(span_from(got, got.len - strlen(ends[i])), ends[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_logfmt),
		cmocka_unit_test(test_what_cannot_be_seen),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_levels_and_length),
		cmocka_unit_test(test_too_much_for_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
