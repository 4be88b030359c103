#include "expect.h"

#include "conf/fault.h"

#include <stdlib.h>

static void expect_shown(const char *text, const char *want)
{
	char *got = NULL;
	size_t len;
	FILE *out = open_memstream(&got, &len);

	assert_non_null(out);
	fault_show(out, text);
	fclose(out);
	assert_string_equal(got, want);
	free(got);
}

static void test_shown(void **state)
{
	(void)state;
	expect_shown("", "");
	expect_shown(
	    "tr\xc3\xa8s \xf0\x9f\x98\xba", "tr\xc3\xa8s \xf0\x9f\x98\xba");
	expect_shown("a\x1b[31m\n\x7f", "a?[31m??");
	/* C1's CSI by itself and as UTF-8, U+202E, U+E0041. */
	expect_shown("\x9b"
		     "1m\xc2\x9b"
		     "1m",
	    "?1m?1m");
	expect_shown("a\xe2\x80\xae\x62\xf3\xa0\x81\x81", "a?b?");
	expect_shown("\xe2\x80", "??");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
