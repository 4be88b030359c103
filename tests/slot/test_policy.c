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

/* A type that nobody named is not the PUT's where types are limited. */
static void test_type_that_is_stored(void **state)
{
	static const struct span list[] = { { "image/*", 7 }, { "*/*", 3 } };
	const struct policy free_policy = { .max_size = 1 };
	const struct policy strict = {
		.max_size = 1, .allow_types = list, .allow_type_count = 1
	};
	const struct policy all = {
		.max_size = 1, .allow_types = list, .allow_type_count = 2
	};

	(void)state;
	assert_true(span_is(
	    policy_type(&strict, SPAN_EMPTY), "application/octet-stream"));
	assert_true(
	    span_is(policy_type(&strict, span_of("image/png")), "image/png"));
	assert_int_equal(policy_type(&free_policy, SPAN_EMPTY).len, 0);
	/* All are allowed: there is no limit to pass by. */
	assert_int_equal(policy_type(&all, SPAN_EMPTY).len, 0);
	assert_true(span_is(
	    policy_type(&free_policy, span_of("image/png")), "image/png"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_type),
		cmocka_unit_test(test_ending),
		cmocka_unit_test(test_type_that_is_stored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
