#include "expect.h"

#include "creds/draft.h"

#include <string.h>

/* What each source says when it cannot even begin. */

#define NOW 1414188000 /* 2014-10-24T22:00:00Z */

static void expect_why(
    creds_try *try, const struct creds_settings *settings, const char *why)
{
	bool shared = false;
	const struct creds_round round = { .settings = settings,
		.network = true,
		.stop = -1,
		.now = NOW,
		.shared = &shared };
	struct creds_draft draft;

	creds_draft_init(&draft);
	assert_false(try(&round, &draft));
	expect_buf(&draft.why, why);
	assert_int_equal(draft.key_id.len, 0);
	assert_int_equal(draft.secret.len, 0);
	creds_draft_done(&draft);
}

static void test_nothing_is_set(void **state)
{
	const struct creds_settings none = { .kind = CREDS_AUTO };

	(void)state;
	expect_why(creds_try_shared, &none,
	    "the environment has neither AWS_SHARED_CREDENTIALS_FILE nor "
	    "HOME");
	expect_why(creds_try_web_identity, &none,
	    "AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE are not both in "
	    "the environment");
	expect_why(creds_try_container, &none,
	    "the environment names no container endpoint");
	expect_why(creds_try_instance, &none,
	    "AWS_EC2_METADATA_DISABLED is set: instance metadata is not "
	    "asked");
	expect_why(creds_try_auto, &none,
	    "the environment names no source of credentials");
}

/* A role without the file of its token, and the other way round. */
static void test_half_a_web_identity(void **state)
{
	struct creds_settings half = { .kind = CREDS_WEB_IDENTITY };

	(void)state;
	half.text[CREDS_ROLE_ARN] =
	    span_of("arn:aws:iam::123456789012:role/slotd");
	expect_why(creds_try_web_identity, &half,
	    "AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE are not both in "
	    "the environment");
	half.text[CREDS_ROLE_ARN] = SPAN_EMPTY;
	half.text[CREDS_IDENTITY_FILE] = span_of("/nowhere/token");
	expect_why(creds_try_web_identity, &half,
	    "AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE are not both in "
	    "the environment");
	half.text[CREDS_ROLE_ARN] =
	    span_of("arn:aws:iam::123456789012:role/slotd");
	expect_why(creds_try_web_identity, &half,
	    "cannot read /nowhere/token: No such file or directory");
}

/* Such a token would end its header, and begin another. */
static void test_tokens_of_two_lines(void **state)
{
	static const struct span tokens[] = {
		{ "fake\nX-Other: 1", 15 },
		{ "fake\rtoken", 10 },
		{ "fake\0token", 10 },
	};
	struct creds_settings settings = { .kind = CREDS_CONTAINER };

	(void)state;
	settings.text[CREDS_CONTAINER_URL] = span_of("http://169.254.170.2/x");
	for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
		settings.text[CREDS_CONTAINER_TOKEN] = tokens[i];
		expect_why(creds_try_container, &settings,
		    "the container endpoint's authorization token is not a "
		    "single line");
	}
}

static void test_endpoints_of_others(void **state)
{
	struct creds_settings settings = { .kind = CREDS_CONTAINER };

	(void)state;
	settings.text[CREDS_CONTAINER_URL] = span_of("http://192.0.2.7/x");
	expect_why(creds_try_container, &settings,
	    "the container endpoint is neither https nor this machine nor "
	    "an address of ECS or EKS");
}

static void expect_checked(
    struct span key_id, struct span secret, struct span token, const char *why)
{
	struct creds_draft draft;

	creds_draft_init(&draft);
	buf_add(&draft.key_id, key_id);
	buf_add(&draft.secret, secret);
	buf_add(&draft.token, token);
	assert_int_equal(creds_draft_check(&draft, "STS", NOW), !*why);
	expect_buf(&draft.why, why);
	if (*why)
		assert_int_equal(draft.secret.len, 0);
	creds_draft_done(&draft);
}

static void test_what_a_source_gives(void **state)
{
	static char long_text[CREDS_TOKEN_MAX + 1];
	const struct span id = span_of("ASIAFAKE");
	const struct span secret = span_of("fake/secret+");
	const struct span token = span_of("FakeToken/+==");
	const struct span nul = { "f\0a\0k\0e\0", 8 };

	(void)state;
	memset(long_text, 'a', sizeof long_text);
	expect_checked(id, secret, token, "");
	expect_checked(id, secret, SPAN_EMPTY, "");
	expect_checked(SPAN_EMPTY, secret, token, "STS has no access key id");
	expect_checked(id, SPAN_EMPTY, token, "STS has no secret access key");
	expect_checked(span_of("ASIA/FAKE"), secret, token,
	    "STS has an access key id with invalid characters");
	expect_checked(id, nul, token,
	    "STS has a secret access key with NUL bytes, as text in UTF-16 "
	    "has");
	expect_checked(id, secret, span_of("Fake Token"),
	    "STS has a session token with invalid characters");
	/* 256, 2048 and 4096 bytes fit. */
	expect_checked((struct span){ long_text, 256 }, secret, token, "");
	expect_checked((struct span){ long_text, 257 }, secret, token,
	    "STS has credentials that are too long");
	expect_checked(id, (struct span){ long_text, 2048 }, token, "");
	expect_checked(id, (struct span){ long_text, 2049 }, token,
	    "STS has credentials that are too long");
	expect_checked(id, secret, (struct span){ long_text, 4096 }, "");
	expect_checked(id, secret, (struct span){ long_text, 4097 },
	    "STS has credentials that are too long");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_set),
		cmocka_unit_test(test_half_a_web_identity),
		cmocka_unit_test(test_tokens_of_two_lines),
		cmocka_unit_test(test_endpoints_of_others),
		cmocka_unit_test(test_what_a_source_gives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
