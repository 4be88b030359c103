#include "expect.h"

#include "slot/policy.h"

static enum failure check(const struct policy *policy, const char *name,
    const char *type, uint64_t size, struct refusal *why)
{
	*why = (struct refusal){ 0 };
	return policy_check(policy, span_of(name), span_of(type), size, why);
}

static void test_size(void **state)
{
	(void)state;
	const struct policy policy = { .max_size = 1000 };
	struct refusal why;

	assert_int_equal(check(&policy, "a", "a/b", 0, &why), FAILURE_NONE);
	assert_int_equal(check(&policy, "a", "a/b", 1000, &why), FAILURE_NONE);
	assert_int_equal(why.max_size, 0);
	assert_null(why.detail);
	assert_int_equal(
	    check(&policy, "a", "a/b", 1001, &why), FAILURE_FILE_TOO_LARGE);
	assert_int_equal(why.max_size, 1000);
	assert_int_equal(check(&policy, "a", "a/b", UINT64_MAX, &why),
	    FAILURE_FILE_TOO_LARGE);
}

static void test_type(void **state)
{
	(void)state;
	const struct span types[] = { span_of("image/*"),
		span_of("text/plain") };
	const struct policy policy = {
		.max_size = 1000,
		.allow_types = types,
		.allow_type_count = COUNT_OF(types),
	};
	struct refusal why;

	assert_int_equal(
	    check(&policy, "a", "IMAGE/png", 1, &why), FAILURE_NONE);
	assert_int_equal(
	    check(&policy, "a", "text/plain; charset=utf-8", 1, &why),
	    FAILURE_NONE);
	assert_int_equal(
	    check(&policy, "a.png", "application/octet-stream", 1, &why),
	    FAILURE_FORBIDDEN);
	assert_int_equal(strncmp(why.detail, "content_type: ", 14), 0);
}

static void test_ending(void **state)
{
	(void)state;
	const struct span endings[] = { span_of("exe"), span_of("bat") };
	const struct policy policy = {
		.max_size = 1000,
		.deny_extensions = endings,
		.deny_extension_count = COUNT_OF(endings),
	};
	struct refusal why;

	assert_int_equal(check(&policy, "a.jpg", "a/b", 1, &why), FAILURE_NONE);
	assert_int_equal(
	    check(&policy, "a.BAT", "a/b", 1, &why), FAILURE_FORBIDDEN);
	assert_int_equal(strncmp(why.detail, "filename: ", 10), 0);
	assert_int_equal(
	    check(&policy, "a.exe..", "a/b", 1, &why), FAILURE_FORBIDDEN);
	/* 403 before 413. */
	assert_int_equal(
	    check(&policy, "a.exe", "a/b", 9999, &why), FAILURE_FORBIDDEN);
	assert_int_equal(why.max_size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_type),
		cmocka_unit_test(test_ending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
