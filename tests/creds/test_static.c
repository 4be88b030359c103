#include "expect.h"

#include "creds/static.h"

static void test_gives_what_it_was_given(void **state)
{
	char secret[] = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
	const struct creds_value value = {
		.access_key_id = span_of("AKIAIOSFODNN7EXAMPLE"),
		.access_key_secret = span_of(secret),
		.session_token = SPAN_EMPTY,
		.expires = 1000,
		.generation = 3,
	};
	struct creds *creds = creds_static_open(&value);
	struct creds_value got;

	(void)state;
	assert_non_null(creds);
	/* It has a copy of its own. */
	memset(secret, 'x', sizeof secret - 1);
	assert_true(creds->class->get(creds, 999, &got));
	expect_span(got.access_key_id, "AKIAIOSFODNN7EXAMPLE");
	expect_span(
	    got.access_key_secret, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
	expect_span(got.session_token, "");
	assert_int_equal(got.generation, 3);
	creds->class->put_back(creds, &got);
	assert_false(creds->class->get(creds, 1000, &got));
	creds->class->close(creds);
}

static void test_too_large_is_refused(void **state)
{
	static const char long_one[4097] = { 'x' };
	struct creds_value value = {
		.access_key_id = span_of("AKIAIOSFODNN7EXAMPLE"),
		.access_key_secret = { long_one, 2048 },
		.session_token = { long_one, 4096 },
	};
	struct creds *creds;

	(void)state;
	creds = creds_static_open(&value);
	assert_non_null(creds);
	creds->class->close(creds);
	value.session_token.len++;
	assert_null(creds_static_open(&value));
	value.session_token.len--;
	value.access_key_secret.len++;
	assert_null(creds_static_open(&value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gives_what_it_was_given),
		cmocka_unit_test(test_too_large_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
