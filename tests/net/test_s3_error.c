#include "expect.h"

#include "net/s3_error.h"

static void test_read(void **state)
{
	static const struct {
		const char *body;
		const char *code;
	} rows[] = {
		{ "<?xml version=\"1.0\"?>\n<Error><Code>SlowDown</Code>"
		  "<Message>Reduce your request rate.</Message></Error>",
		    "SlowDown" },
		{ "<Error><Code>Slow Down</Code></Error>", "" },
		{ "<Error><Code>S\nx</Code></Error>", "" },
		{ "<Error><Message>SlowDown</Message></Error>", "" },
		{ "<html>SlowDown</html>", "" },
		{ "", "" },
		/* 47 letters have room, 48 have none. */
		{ "<Code>aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeee</"
		  "Code>",
		    "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeee" },
		{ "<Code>aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeee</"
		  "Code>",
		    "" },
	};
	char code[S3_ERROR_CODE];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		s3_error_read(span_of(rows[i].body), code);
		assert_string_equal(code, rows[i].code);
	}
}

static void test_passes(void **state)
{
	static const char *const pass[] = { "SlowDown", "RequestTimeout",
		"InternalError", "ServiceUnavailable", "OperationAborted",
		"ConditionalRequestConflict", "Throttling",
		"ThrottlingException" };
	static const char *const stay[] = { "", "AccessDenied",
		"PreconditionFailed", "RequestTimeTooSkewed", "NoSuchKey",
		"slowdown", "SlowDownx", "SlowDow", "QuotaExceeded" };

	(void)state;
	for (size_t i = 0; i < sizeof pass / sizeof *pass; i++)
		assert_true(s3_error_passes(pass[i]));
	for (size_t i = 0; i < sizeof stay / sizeof *stay; i++)
		assert_false(s3_error_passes(stay[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
