#include "fixture.h"

/* Checks in front of answers that the tests' real store does not give. */

#define ERROR(code) "<Error><Code>" code "</Code><Message>m</Message></Error>"

static void test_refused_puts(void **state)
{
	(void)state;
	static const struct {
		struct canned answer;
		const char *seen;
		const char *change;
	} cases[] = {
		{ { 400, ERROR("AuthorizationQueryParametersError"), 0 },
		    "400 AuthorizationQueryParametersError (\"m\")",
		    "region is wrong" },
		{ { 400, ERROR("AccessControlListNotSupported"), 0 },
		    "400 AccessControlListNotSupported", "set_public = false" },
		{ { 403, ERROR("RequestTimeTooSkewed"), 0 }, "403 ",
		    "timedatectl" },
		{ { 400, ERROR("ExpiredToken"), 0 }, "400 ExpiredToken",
		    "session_token has expired" },
		{ { 301, ERROR("PermanentRedirect"), 0 },
		    "301 PermanentRedirect", "in another region" },
		{ { 302, "", 0 }, "302", "cannot be redirected" },
		{ { 503, "oops", 0 }, "503", "an internal error" },
		{ { 404, "<html>", 0 }, "404", "web console" },
		{ { 404, ERROR("NoSuchBucket"), 0 }, "404 NoSuchBucket",
		    "create-bucket --bucket my-bucket\n" },
		{ { 403, ERROR("AccessDenied"), 0 }, "403 AccessDenied",
		    "\"Action\": [\"s3:PutObject\"], \"Resource\": "
		    "\"arn:aws:s3:::my-bucket/*\"" },
		/* What a store says cannot play with the terminal. */
		{ { 400, "<Code>\xc2\x9b[2J&#155;\n\xc3\xa9</Code>", 0 },
		    "400 ??[2J?????", "" },
		{ { 400, "<Code>\x1b[2J</Code>", 0 }, "400", "" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct canned list[] = { cases[i].answer,
			{ 0, NULL, 0 } };

		set_up(NULL);
		assert_int_equal(run_check(check_put, list), VERDICT_FAILURE);
		expect_says(seen, cases[i].seen);
		expect_says(change, cases[i].change);
		assert_false(doctor.stored);
	}
}

static void test_clock(void **state)
{
	(void)state;
	static const struct {
		int64_t store;
		enum verdict verdict;
		int64_t ahead;
	} cases[] = {
		{ NOW, VERDICT_OK, 0 },
		{ NOW - 29, VERDICT_OK, 0 },
		{ NOW - 30, VERDICT_WARNING, 0 },
		{ NOW - 899, VERDICT_WARNING, 0 },
		{ NOW - 900, VERDICT_FAILURE, 900 },
		{ NOW + 599, VERDICT_WARNING, 0 },
		{ NOW + 600, VERDICT_FAILURE, -600 }, /* put_ttl */
		{ -1, VERDICT_WARNING, 0 },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		set_up(NULL);
		doctor.reply.date = cases[i].store;
		assert_int_equal(check_clock(&doctor), cases[i].verdict);
		assert_int_equal(doctor.ahead, cases[i].ahead);
	}
}

static void test_unreadable_on_aws(void **state)
{
	(void)state;
	static const struct canned denied[] = {
		{ 403, ERROR("AccessDenied"), 0 }, { 0, NULL, 0 }
	};

	doctor.stored = true;
	assert_int_equal(run_check(check_get, denied), VERDICT_FAILURE);
	expect_says(seen, "GET as everybody: 403 AccessDenied");
	expect_says(change, "delete-public-access-block --bucket my-bucket\n");
	assert_null(strstr(doctor.finding.change.at, "--endpoint-url"));
	s3.get = S3_GET_REDIRECT;
	assert_int_equal(run_check(check_get, denied), VERDICT_FAILURE);
	expect_says(seen, "GET by a presigned URL: 403");
	expect_says(change, "[\"s3:PutObject\", \"s3:GetObject\"]");
	doctor.reads = true;
	assert_int_equal(run_check(check_head, denied), VERDICT_FAILURE);
	expect_says(change, "Conversations");
}

static void test_another_page(void **state)
{
	(void)state;
	static const struct canned page[] = { { 200, "<html>", 0 },
		{ 0, NULL, 0 } };

	doctor.stored = true;
	assert_int_equal(run_check(check_get, page), VERDICT_FAILURE);
	expect_says(seen, "not with the stored object");
	/* A page at 200 is no list of a bucket. */
	assert_int_equal(run_check(check_list, page), VERDICT_OK);
}

static void test_no_answer(void **state)
{
	(void)state;
	static const struct {
		enum fetch_result result;
		const char *change;
	} cases[] = {
		{ FETCH_NO_NAME, "must resolve" },
		{ FETCH_NO_CONNECTION, "Is the store running" },
		{ FETCH_TIMEOUT, "firewall" },
		{ FETCH_CERTIFICATE,
		    "s_client -connect my-bucket.s3.us-east-2.amazonaws.com"
		    ":443\n" },
		{ FETCH_TLS, "really speak https?" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct canned list[] = { { 0, "", cases[i].result },
			{ 0, NULL, 0 } };

		set_up(NULL);
		doctor.reached = false;
		assert_int_equal(
		    run_check(check_connection, list), VERDICT_FAILURE);
		expect_says(change, cases[i].change);
		assert_false(doctor.reached);
	}
}

/* A wildcard certificate covers one label. */
static void test_dots_in_a_bucket(void **state)
{
	(void)state;
	static const struct canned refused[] = { { 0, "", FETCH_CERTIFICATE },
		{ 0, NULL, 0 } };
	static const struct {
		const char *host, *path, *change, *not ;
	} cases[] = {
		{ "my.dotted.s3.us-east-2.amazonaws.com", "/pre/fix",
		    "bucket_url = \"https://s3.us-east-2.amazonaws.com/"
		    "my.dotted/pre/fix\";\n",
		    "Let's Encrypt" },
		{ "my.dotted.s3.example.org:9000", "",
		    "bucket_url = \"https://s3.example.org:9000/"
		    "my.dotted\";\n",
		    "never said" },
		{ "bucket.s3.us-east-2.amazonaws.com", "", "Let's Encrypt",
		    "contains a dot" },
		{ "s3.us-east-2.amazonaws.com", "/my.dotted", "Let's Encrypt",
		    "contains a dot" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		set_up(NULL);
		s3.bucket.host = span_of(cases[i].host);
		s3.bucket.path = span_of(cases[i].path);
		assert_int_equal(
		    run_check(check_connection, refused), VERDICT_FAILURE);
		expect_says(change, cases[i].change);
		assert_null(strstr(doctor.finding.change.at, cases[i].not ));
	}
}

/* A page of each store names its own commands alone. */
static void test_commands(void **state)
{
	(void)state;
	static const struct canned denied[] = {
		{ 403, ERROR("AccessDenied"), 0 }, { 0, NULL, 0 }
	};

	run_check(check_put, denied);
	expect_says(change, "aws iam put-user-policy");
	assert_null(strstr(doctor.finding.change.at, "mc admin"));
	assert_null(strstr(doctor.finding.change.at, "garage"));
	s3.bucket.host = span_of("b.s3.example.org");
	run_check(check_put, denied);
	expect_says(change, "garage bucket allow --write b");
	expect_says(change, "mc admin");
	doctor.minio = true;
	run_check(check_put, denied);
	expect_says(change, "mc admin");
	assert_null(strstr(doctor.finding.change.at, "aws iam"));
	assert_null(strstr(doctor.finding.change.at, "garage"));
	doctor.swift = true;
	run_check(check_put, denied);
	expect_says(change, "no policies for S3 keys");
	assert_null(strstr(doctor.finding.change.at, "s3:PutObjectA"));
}

static void test_lifecycle(void **state)
{
	(void)state;
	static const struct {
		struct canned answer;
		const char *seen;
	} cases[] = {
		{ { 200, "<LifecycleConfiguration><Rule>", 0 }, "has rules" },
		{ { 404, "", 0 }, "has no rules" },
		{ { 403, "", 0 }, "may not read the rules" },
		{ { 501, ERROR("NotImplemented"), 0 },
		    "this store has no lifecycle rules, so files stay for "
		    "ever: 501 NotImplemented" },
	};

	doctor.stored = true;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct canned list[] = { cases[i].answer,
			{ 0, NULL, 0 } };

		assert_int_equal(run_check(check_lifecycle, list), VERDICT_OK);
		expect_says(seen, cases[i].seen);
	}
}

/* What got no answer was neither refused nor left alone. */
static void test_lost_answers(void **state)
{
	(void)state;
	static enum verdict (*const checks[])(struct doctor *) = { check_list,
		check_stranger_put, check_stranger_delete, check_size,
		check_signature, check_cors_put, check_cors_get, check_key,
		check_lifecycle };
	static const struct canned one[] = { { 0, "", FETCH_TIMEOUT },
		{ 204, "", 0 }, { 0, NULL, 0 } };
	/* So does a proxy speak that has lost its store. */
	static const struct canned trouble[] = { { 504, "", 0 },
		{ 0, NULL, 0 } };
	static const struct canned none[] = { { 0, "", FETCH_TIMEOUT },
		{ 0, NULL, 0 } };

	doctor.stored = true;
	for (size_t i = 0; i < COUNT_OF(checks); i++) {
		assert_int_equal(run_check(checks[i], none), VERDICT_WARNING);
		expect_says(seen, "no answer in time");
		assert_int_equal(
		    run_check(checks[i], trouble), VERDICT_WARNING);
		expect_says(seen, "504");
	}
	assert_int_equal(run_check(check_tidy, trouble), VERDICT_WARNING);
	assert_null(strstr(doctor.finding.change.at, "as it should be"));
	/* The stranger's object may be there as well. */
	assert_int_equal(run_check(check_tidy, none), VERDICT_WARNING);
	assert_non_null(strstr(asked, "DELETE /slotd-doctor/stranger"));
	expect_says(seen, "slotd-doctor/ stays: no answer in time");
	/* One of the two is enough: the stranger's comes first. */
	assert_int_equal(run_check(check_tidy, one), VERDICT_WARNING);
	expect_says(seen, "slotd-doctor/ stays: no answer in time");
}

static void test_a_lost_put(void **state)
{
	(void)state;
	static const struct canned none[] = { { 0, "", FETCH_TIMEOUT },
		{ 0, NULL, 0 } };
	static const struct canned trouble[] = { { 504, "", 0 },
		{ 0, NULL, 0 } };
	static const struct canned gone[] = { { 204, "", 0 }, { 0, NULL, 0 } };

	assert_int_equal(run_check(check_put, trouble), VERDICT_FAILURE);
	expect_says(seen, "a slot's PUT fails: 504");
	assert_int_equal(run_check(check_tidy, trouble), VERDICT_WARNING);
	expect_says(seen, "slotd-doctor/probe.txt may stay: 504");
	assert_int_equal(run_check(check_put, none), VERDICT_FAILURE);
	expect_says(change, "not to an upload");
	assert_int_equal(run_check(check_tidy, none), VERDICT_WARNING);
	expect_says(seen, "slotd-doctor/probe.txt may stay: no answer");
	assert_int_equal(run_check(check_tidy, gone), VERDICT_OK);
	expect_says(seen, "were removed again");
}

/* The object may be gone all the same. */
static void test_a_lost_removal(void **state)
{
	(void)state;
	static const struct canned once[] = { { 0, "", FETCH_BROKEN },
		{ 404, "", 0 }, { 0, NULL, 0 } };
	static const struct canned twice[] = { { 0, "", FETCH_BROKEN },
		{ 0, NULL, 0 } };

	doctor.stored = doctor.touched = true;
	assert_int_equal(run_check(check_tidy, once), VERDICT_OK);
	expect_says(seen, "were removed again");
	/* The last is what a doctor may have left that was killed. */
	assert_string_equal(asked, "DELETE /slotd-doctor/probe.txt\n"
				   "DELETE /slotd-doctor/probe.txt\n"
				   "DELETE /slotd-doctor/stranger.txt\n");
	asked[0] = '\0';
	assert_int_equal(run_check(check_tidy, twice), VERDICT_WARNING);
	assert_string_equal(asked, "DELETE /slotd-doctor/probe.txt\n"
				   "DELETE /slotd-doctor/probe.txt\n");
}

static void test_presigned_links(void **state)
{
	(void)state;
	static const struct canned denied[] = { { 403, "", 0 },
		{ 0, NULL, 0 } };

	doctor.stored = doctor.reads = true;
	s3.get = S3_GET_PRESIGNED;
	assert_int_equal(run_check(check_head, denied), VERDICT_WARNING);
	expect_says(seen, "HEAD by a presigned URL: 403");
	expect_says(change, "get = \"redirect\"");
	s3.get = S3_GET_PUBLIC;
}

/* --- all of them --- */

static void begin(struct doctor_view *view, const char *name)
{
	(void)view;
	(void)name;
}

static void end(struct doctor_view *view, const struct finding *finding)
{
	(void)view;
	assert_true(buf_ok(&finding->seen) && buf_ok(&finding->change));
}

/* Whatever request a signal comes in: what was written is taken away. */
static void test_interrupted_anywhere(void **state)
{
	(void)state;
	static const struct canned takes[] = { { 200, PROBE_BODY, 0 },
		{ 0, NULL, 0 } };
	struct doctor_view view = { begin, end };
	unsigned counts[VERDICT_COUNT];

	for (size_t i = 1; i < 20; i++) {
		set_up(NULL);
		doctor.reached = false;
		stop_after = i;
		answers = takes;
		doctor_run(&doctor, &view, counts);
		if (!strstr(asked, "PUT "))
			continue;
		assert_non_null(strstr(asked, "DELETE /slotd-doctor/probe"));
		if (strstr(asked, "PUT /slotd-doctor/stranger"))
			assert_non_null(
			    strstr(strstr(asked, "PUT /slotd-doctor/stranger"),
				"DELETE /slotd-doctor/stranger"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_refused_puts, set_up),
		cmocka_unit_test_setup(test_clock, set_up),
		cmocka_unit_test_setup(test_unreadable_on_aws, set_up),
		cmocka_unit_test_setup(test_another_page, set_up),
		cmocka_unit_test_setup(test_no_answer, set_up),
		cmocka_unit_test_setup(test_dots_in_a_bucket, set_up),
		cmocka_unit_test_setup(test_commands, set_up),
		cmocka_unit_test_setup(test_lifecycle, set_up),
		cmocka_unit_test_setup(test_lost_answers, set_up),
		cmocka_unit_test_setup(test_a_lost_put, set_up),
		cmocka_unit_test_setup(test_a_lost_removal, set_up),
		cmocka_unit_test_setup(test_presigned_links, set_up),
		cmocka_unit_test_setup(test_interrupted_anywhere, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
