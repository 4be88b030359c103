#include "expect.h"

#include <stdlib.h>

#include "http/problem.h"

static void expect(
    enum failure failure, const struct refusal *why, const char *document)
{
	char *text = problem_write(failure_entry(failure), failure, why);

	assert_non_null(text);
	assert_string_equal(text, document);
	free(text);
}

static void test_a_size(void **state)
{
	(void)state;
	expect(FAILURE_FILE_TOO_LARGE, &(struct refusal){ .max_size = 1048576 },
	    "{\"type\":\"about:blank\",\"title\":\"Content Too Large\","
	    "\"status\":413,\"code\":\"file-too-large\","
	    "\"detail\":\"the file is too large: the limit is 1048576 "
	    "bytes\",\"max_file_size\":1048576,"
	    "\"xmpp\":{\"condition\":\"not-acceptable\","
	    "\"type\":\"modify\"}}");
}

static void test_escapes(void **state)
{
	(void)state;
	expect(FAILURE_BAD_REQUEST,
	    &(struct refusal){ .detail = "say \"\\\" \n \xff \xe2\x80\xae" },
	    "{\"type\":\"about:blank\",\"title\":\"Bad Request\","
	    "\"status\":400,\"code\":\"bad-request\","
	    "\"detail\":\"say \\\"\\\\\\\" \\u000a \\ufffd \\u202e\","
	    "\"xmpp\":{\"condition\":\"bad-request\","
	    "\"type\":\"modify\"}}");
}

/* The longest that fits: each byte of it becomes six. */
static void test_the_longest(void **state)
{
	char detail[FAILURE_DETAIL_MAX];
	const struct refusal why = { .detail = detail };
	char *text;

	(void)state;
	memset(detail, '\1', sizeof detail - 1);
	detail[sizeof detail - 1] = '\0';
	text = problem_write(
	    failure_entry(FAILURE_BAD_REQUEST), FAILURE_BAD_REQUEST, &why);
	assert_non_null(text);
	assert_true(strlen(text) > 6 * (sizeof detail - 1));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_size),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_the_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
