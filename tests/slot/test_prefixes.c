#include "expect.h"

#include "slot/prefixes.h"

static void expect_list(const char *template, const char *const *wanted)
{
	static struct prefixes prefixes;
	struct key_template parsed;
	const char *wrong;
	size_t count = 0;

	assert_true(key_template_parse(span_of(template), &parsed, &wrong));
	prefixes_init(&prefixes, &parsed);
	while (wanted[count])
		count++;
	assert_int_equal(prefixes.count, count);
	for (size_t i = 0; i < count; i++)
		expect_span(prefixes.list[i], wanted[i]);
}

static void test_prefixes(void **state)
{
	(void)state;
	expect_list("{random}/{filename}", (const char *const[]){ "", NULL });
	expect_list("{until}/{random}", (const char *const[]){ "", NULL });
	expect_list(
	    "a/b-{until}/{random}", (const char *const[]){ "", "a/b-", NULL });
	expect_list("a~/{until}/{random}",
	    (const char *const[]){ "", "a~/", "a_/", NULL });
	expect_list("{purpose}/{until}/{random}",
	    (const char *const[]){
		"", "message/", "profile/", "ephemeral/", "permanent/", NULL });
	expect_list("~{purpose}/x/{until}{random}",
	    (const char *const[]){ "", "~message/x/", "_message/x/",
		"~profile/x/", "_profile/x/", "~ephemeral/x/", "_ephemeral/x/",
		"~permanent/x/", "_permanent/x/", NULL });
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_prefixes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
