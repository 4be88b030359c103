#include "expect.h"

#include <stdio.h>

#include "creds/json.h"

/* What sources are answered, and what they make of it. */

#define NOW 1414188000 /* 2014-10-24T22:00:00Z */

/* As AWS's API reference shows it, with other values. */
#define STS(credentials)                                                       \
	"<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws."    \
	"com/doc/2011-06-15/\">\n<AssumeRoleWithWebIdentityResult>\n"          \
	"<Audience>client.example</Audience><AssumedRoleUser><Arn>arn:aws:"    \
	"sts::123456789012:assumed-role/slotd/app1</Arn><AssumedRoleId>"       \
	"AROAFAKE:app1</AssumedRoleId></AssumedRoleUser>\n<Credentials>"       \
	"\n" credentials "</Credentials>\n</AssumeRoleWithWebIdentityResult>"  \
	"</AssumeRoleWithWebIdentityResponse>"
#define ID "<AccessKeyId>ASIAFAKE</AccessKeyId>"
#define SECRET "<SecretAccessKey>fake/secret+</SecretAccessKey>"
#define TOKEN "<SessionToken>FakeToken/+==</SessionToken>"
#define ENDS "<Expiration>2014-10-24T23:00:23Z</Expiration>"

static void expect_draft(const struct creds_draft *draft, int64_t expires)
{
	expect_buf(&draft->key_id, "ASIAFAKE");
	expect_buf(&draft->secret, "fake/secret+");
	expect_buf(&draft->token, "FakeToken/+==");
	assert_int_equal(draft->expires, expires);
	expect_buf(&draft->why, "");
}

/* It has nothing but a sentence. */
static void expect_why(const struct creds_draft *draft, const char *why)
{
	expect_buf(&draft->why, why);
	assert_int_equal(draft->key_id.len, 0);
	assert_int_equal(draft->secret.len, 0);
	assert_int_equal(draft->token.len, 0);
	assert_int_equal(draft->expires, 0);
}

static void test_sts(void **state)
{
	static const struct {
		const char *xml;
		const char *why;
	} rows[] = {
		{ STS(ID SECRET TOKEN), "STS did not answer with credentials" },
		{ STS(ID SECRET ENDS), "STS did not answer with credentials" },
		{ "", "STS did not answer with credentials" },
		{ STS(ID SECRET TOKEN "<Expiration>soon</Expiration>"),
		    "STS answered an Expiration that is not a time" },
		{ STS(ID SECRET TOKEN "<Expiration>2014-10-24T22:00:00Z"
				      "</Expiration>"),
		    "STS has credentials that have expired; is this "
		    "machine's clock right?" },
		/* The number that stands for "never" is a time, too. */
		{ STS(ID SECRET TOKEN "<Expiration>1970-01-01T00:00:00Z"
				      "</Expiration>"),
		    "STS has credentials that have expired; is this "
		    "machine's clock right?" },
		{ STS("<AccessKeyId></AccessKeyId>" SECRET TOKEN ENDS),
		    "STS has no access key id" },
		{ STS(ID "<SecretAccessKey></SecretAccessKey>" TOKEN ENDS),
		    "STS has no secret access key" },
		{ STS("<AccessKeyId>A/B</AccessKeyId>" SECRET TOKEN ENDS),
		    "STS has an access key id with invalid characters" },
		{ STS(ID SECRET "<SessionToken>a b</SessionToken>" ENDS),
		    "STS has a session token with invalid characters" },
	};
	struct creds_draft draft;

	(void)state;
	creds_draft_init(&draft);
	assert_true(
	    creds_sts_read(span_of(STS(TOKEN SECRET ENDS ID)), NOW, &draft));
	expect_draft(&draft, 1414191623);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		creds_draft_init(&draft);
		assert_false(creds_sts_read(span_of(rows[i].xml), NOW, &draft));
		expect_why(&draft, rows[i].why);
	}
}

static void test_long_tokens(void **state)
{
	static char xml[2 * CREDS_TOKEN_MAX];
	struct creds_draft draft;
	int len;

	(void)state;
	for (size_t size = CREDS_TOKEN_MAX; size <= CREDS_TOKEN_MAX + 1;
	     size++) {
		len = snprintf(xml, sizeof xml,
		    ID SECRET ENDS "<SessionToken>%0*d</SessionToken>",
		    (int)size, 0);
		creds_draft_init(&draft);
		assert_int_equal(
		    creds_sts_read(
			(struct span){ xml, (size_t)len }, NOW, &draft),
		    size == CREDS_TOKEN_MAX);
	}
}

static void test_sts_refuses(void **state)
{
	struct creds_draft draft;

	(void)state;
	creds_draft_init(&draft);
	assert_false(creds_sts_refused(403,
	    span_of("<ErrorResponse><Error><Type>Sender</Type><Code>"
		    "AccessDenied</Code><Message>Not &quot;allowed&quot;\n"
		    "\xc2\x9b[31m</Message></Error></ErrorResponse>"),
	    span_of("fake.identity.token.of.a.pod"), &draft));
	expect_why(
	    &draft, "STS answered 403 AccessDenied: Not \"allowed\" ??[31m");
	/* Controls that XML cannot have end the reading. */
	assert_false(creds_sts_refused(403,
	    span_of("<Error><Code>AccessDenied</Code><Message>\x1b[31m"
		    "</Message></Error>"),
	    span_of("token"), &draft));
	expect_why(&draft, "STS answered 403 AccessDenied");
	assert_false(creds_sts_refused(
	    502, span_of("<html>"), span_of("token"), &draft));
	expect_why(&draft, "STS answered 502");
	/* Words that have the token in them are not told. */
	assert_false(creds_sts_refused(400,
	    span_of("<Code>Invalid</Code><Message>bad fake.identity.token.of."
		    "a.pod</Message>"),
	    span_of("fake.identity.token.of.a.pod"), &draft));
	expect_why(&draft, "STS answered 400 Invalid");
}

#define JSON                                                                   \
	"\"AccessKeyId\": \"ASIAFAKE\", \"SecretAccessKey\": "                 \
	"\"fake/secret+\", \"Token\": \"FakeToken/+==\""

static void test_json(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} rows[] = {
		{ "", "it did not answer with a JSON object" },
		{ "[]", "it did not answer with a JSON object" },
		{ "{" JSON "} x", "it did not answer with a JSON object" },
		{ "{" JSON ", \"Token\": \"other\"}",
		    "it did not answer with a JSON object" },
		{ "{}", "it has no access key id" },
		{ "{\"AccessKeyId\": 1}", "it has no access key id" },
		{ "{\"AccessKeyId\": \"ASIAFAKE\"}",
		    "it has no secret access key" },
		{ "{" JSON ", \"Expiration\": 1414191623}",
		    "it answered an Expiration that is not a time" },
		{ "{" JSON ", \"Expiration\": \"2014-10-24T21:59:59Z\"}",
		    "it has credentials that have expired; is this "
		    "machine's clock right?" },
		{ "{" JSON ", \"Expiration\": \"1970-01-01T00:00:00Z\"}",
		    "it has credentials that have expired; is this "
		    "machine's clock right?" },
		{ "{\"Code\": \"Failed\"}", "it answered Failed" },
		/* A secret of its own is quoted no more than one of ours. */
		{ "{\"Code\": \"Failed\", \"Message\": \"fake/secret+ is "
		  "old\", \"SecretAccessKey\": \"fake/secret+\"}",
		    "it answered Failed" },
		{ "{\"Code\": \"Failed\", \"Message\": \"for a reason\"," JSON
		  "}",
		    "it answered Failed: for a reason" },
	};
	struct creds_draft draft;

	(void)state;
	creds_draft_init(&draft);
	assert_true(creds_json_read(
	    span_of("{\"Code\": \"Success\", \"Type\": \"AWS-HMAC\", " JSON
		    ", \"Expiration\": \"2014-10-24T23:00:23Z\"}"),
	    "it", NOW, &draft));
	expect_draft(&draft, 1414191623);
	assert_int_equal(draft.again, 0);
	creds_draft_init(&draft);
	assert_true(creds_json_read(span_of("{" JSON "}"), "it", NOW, &draft));
	expect_draft(&draft, 0);
	assert_int_equal(draft.again, 900);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		creds_draft_init(&draft);
		assert_false(
		    creds_json_read(span_of(rows[i].text), "it", NOW, &draft));
		expect_why(&draft, rows[i].why);
	}
}

static void test_json_refuses(void **state)
{
	static const struct {
		const char *body;
		const char *why;
	} rows[] = {
		/* As ECS has it. */
		{ "{\"code\": \"InvalidIdInRequest\", \"message\": "
		  "\"no task\\n\\u001b\", \"HTTPErrorCode\": 400}",
		    "it answered 400 InvalidIdInRequest: no task ?" },
		{ "{\"Code\": \"A\", \"Message\": \"b\"}",
		    "it answered 400 A: b" },
		{ "{\"message\": \"b\"}", "it answered 400: b" },
		/* Nothing else of a body is told. */
		{ "{" JSON "}", "it answered 400" },
		{ "{" JSON ", \"message\": \"it is fake/secret+\"}",
		    "it answered 400" },
		{ "{" JSON ", \"code\": \"FakeToken/+==\"}",
		    "it answered 400" },
		{ "{\"code\": \"A\", \"message\": \"not fake.token.0123\"}",
		    "it answered 400 A" },
		{ "{\"code\": {\"a\": 1}, \"message\": 5}", "it answered 400" },
		{ "[\"code\"]", "it answered 400" },
		{ "{" JSON, "it answered 400" },
		{ "SecretAccessKey: fake/secret+", "it answered 400" },
		{ "", "it answered 400" },
	};
	struct creds_draft draft;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		creds_draft_init(&draft);
		assert_false(creds_json_refused(400, span_of(rows[i].body),
		    "it", span_of("fake.token.0123"), &draft));
		expect_why(&draft, rows[i].why);
	}
}

static void test_shared(void **state)
{
	static const struct {
		const char *text;
		const char *id; /* NULL: there is no such part */
		const char *secret;
		const char *token;
	} rows[] = {
		{ "[p]\naws_access_key_id=A\naws_secret_access_key=S\n", "A",
		    "S", "" },
		{ "[p]\r\naws_access_key_id = A\r\n"
		  "aws_secret_access_key = S=\r\naws_session_token = T==\r\n",
		    "A", "S=", "T==" },
		{ "# a = b\n[q]\naws_access_key_id = B\n\n; c\n[ p ] # d\n"
		  "AWS_Access_Key_Id\t=\tA # mine\naws_secret_access_key = S#;x"
		  "\n[r]\naws_secret_access_key = B",
		    "A", "S#;x", "" },
		/* What is further in belongs to the setting above. */
		{ "[p]\ns3 =\n  aws_access_key_id = B\naws_access_key_id = A\n",
		    "A", "", "" },
		{ "[p]\n  aws_access_key_id = A\n  aws_secret_access_key = S",
		    "A", "S", "" },
		/* The last value counts. */
		{ "[p]\naws_access_key_id = B\n[q]\n[p]\naws_access_key_id = A",
		    "A", "", "" },
		{ "[p]", "", "", "" },
		{ "[p]\naws_access_key_id\nregion = x\n", "", "", "" },
		{ "[pp]\naws_access_key_id = A", NULL, NULL, NULL },
		{ "[profile p]\naws_access_key_id = A", NULL, NULL, NULL },
		{ "aws_access_key_id = A", NULL, NULL, NULL },
		{ "", NULL, NULL, NULL },
	};
	struct creds_draft draft;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		creds_draft_init(&draft);
		assert_int_equal(creds_shared_parse(span_of(rows[i].text),
				     span_of("p"), &draft),
		    rows[i].id != NULL);
		if (!rows[i].id)
			continue;
		expect_buf(&draft.key_id, rows[i].id);
		expect_buf(&draft.secret, rows[i].secret);
		expect_buf(&draft.token, rows[i].token);
	}
}

static void test_container_hosts(void **state)
{
	static const char *const right[] = { "https://example.org/creds",
		"http://127.0.0.1/creds", "http://127.1.2.3:8080/",
		"http://[::1]", "http://[::1]:80/x", "http://localhost/x",
		"http://LOCALHOST:1", "http://169.254.170.2/v2?x=y",
		"http://169.254.170.23/v1/credentials",
		"http://[fd00:ec2::23]/v1/credentials",
		"http://[fd00:ec2:0:0::23]/" };
	static const char *const wrong[] = { "", "http://", "https://",
		"ftp://a", "http://example.org/", "http://198.51.100.1/",
		"http://169.254.170.3/", "http://169.254.169.254/",
		"http://[fd00:ec2::254]/", "http://127.0.0.1@example.org/",
		"http://127.0.0.1:x@example.org/", "http://127.0.0.1\\@a.org/",
		"http://localhost.example.org/", "http://127.1/",
		"http://2130706433/", "http://128.0.0.1/", "http://127.0.0.1 /",
		"http://127.0.0.1%2eexample.org/", "file://localhost/x",
		"HTTP://127.0.0.1/" };

	(void)state;
	for (size_t i = 0; i < sizeof right / sizeof *right; i++)
		if (!creds_container_allowed(span_of(right[i])))
			fail_msg("%s was refused", right[i]);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (creds_container_allowed(span_of(wrong[i])))
			fail_msg("%s was taken", wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sts),
		cmocka_unit_test(test_long_tokens),
		cmocka_unit_test(test_sts_refuses),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_refuses),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_container_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
