#include "fixture.h"

#include "doctor/fix.h"

/* What slotd doctor --fix does before a store that has these documents. */

#define XMLNS " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""
#define WEB                                                                    \
	"<CORSConfiguration" XMLNS "><CORSRule><ID>slotd-web</ID>"             \
	"<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>"   \
	"<AllowedMethod>HEAD</AllowedMethod>"                                  \
	"<AllowedMethod>PUT</AllowedMethod><AllowedHeader>*</AllowedHeader>"   \
	"<MaxAgeSeconds>86400</MaxAgeSeconds></CORSRule></CORSConfiguration>"
/* openssl md5 -binary | base64 */
#define WEB_MD5 "o6eI9xJku/CsigyczFC2Xg=="
#define NONE(code) "<Error><Code>" code "</Code></Error>"

struct document {
	const char *query;
	unsigned status;
	char text[4096];
	const char *transition;
};

enum { CORS, LIFECYCLE, BLOCK, STATUS, ACL, DOCUMENTS };
static struct document documents[DOCUMENTS];
static unsigned put_status;
static bool forgets; /* takes what is set, and has it not */
static struct fetch_request last_put;
static char put_url[4096], put_headers[512];
static size_t gets;
static size_t changes_at; /* the number of the GET that finds a change */

static struct fix fix;
static const struct creds_value admin = {
	.access_key_id = { "FAKEADMIN", 9 },
	.access_key_secret = { "fake-secret-of-admin", 20 },
	.session_token = { "fake-token", 10 },
};

static struct document *document_of(const char *url)
{
	for (size_t i = 0; i < DOCUMENTS; i++) {
		char mark[64];

		snprintf(mark, sizeof mark,
		    "&%s=&X-Amz-Signature=", documents[i].query);
		if (strstr(url, mark))
			return &documents[i];
	}
	fail_msg("asked for %s", url);
	return NULL;
}

static void take_put(const struct fetch_request *request,
    struct document *document, struct fetch_reply *ret_reply)
{
	last_put = *request;
	snprintf(put_url, sizeof put_url, "%s", request->url);
	put_headers[0] = '\0';
	for (size_t i = 0; i < FETCH_HEADERS && request->headers[i]; i++)
		snprintf(put_headers + strlen(put_headers),
		    sizeof put_headers - strlen(put_headers), "%s\n",
		    request->headers[i]);
	ret_reply->status = put_status;
	if (put_status != 200) {
		ret_reply->body_len = (size_t)snprintf(ret_reply->body,
		    sizeof ret_reply->body, NONE("AccessDenied"));
		return;
	}
	if (forgets)
		return;
	document->status = 200;
	snprintf(
	    document->text, sizeof document->text, "%.*s", ARG(request->body));
}

static void document_fetch(const struct fetch_request *request, int stop,
    struct fetch_reply *ret_reply)
{
	struct document *document = document_of(request->url);

	(void)stop;
	*ret_reply = (struct fetch_reply){ .date = NOW };
	assert_non_null(strstr(request->url, "X-Amz-Credential=FAKEADMIN%2F"));
	assert_non_null(strstr(request->url, "X-Amz-Security-Token=fake-tok"));
	if (strcmp(request->method, "PUT") == 0) {
		take_put(request, document, ret_reply);
		return;
	}
	assert_true(request->whole);
	if (++gets == changes_at)
		snprintf(document->text, sizeof document->text,
		    "<CORSConfiguration></CORSConfiguration>");
	ret_reply->status = document->status;
	ret_reply->body_len = strlen(document->text);
	memcpy(ret_reply->body, document->text, ret_reply->body_len + 1);
	snprintf(ret_reply->transition, sizeof ret_reply->transition, "%s",
	    document->transition ? document->transition : "");
}

static void has(
    size_t number, const char *query, unsigned status, const char *text)
{
	documents[number] =
	    (struct document){ .query = query, .status = status };
	snprintf(
	    documents[number].text, sizeof documents[number].text, "%s", text);
}

/* A bucket at AWS without anything, whose files stay private. */
static int set_up_fix(void **state)
{
	const char *wrong;

	set_up(state);
	doctor.fetch = document_fetch;
	doctor.web_fails = true;
	s3.get = S3_GET_REDIRECT;
	conf.policies = (struct policies){ .offers = { true } };
	conf.caller_count = 0;
	storage.has_template = key_template_parse(
	    span_of("{purpose}/{until}/{random}"), &storage.template, &wrong);
	has(CORS, "cors", 404, NONE("NoSuchCORSConfiguration"));
	has(LIFECYCLE, "lifecycle", 404, NONE("NoSuchLifecycleConfiguration"));
	has(BLOCK, "publicAccessBlock", 404,
	    NONE("NoSuchPublicAccessBlockConfiguration"));
	has(STATUS, "policyStatus", 404, NONE("NoSuchBucketPolicy"));
	has(ACL, "acl", 200, "<AccessControlPolicy/>");
	put_status = 200;
	forgets = false;
	put_url[0] = '\0';
	gets = changes_at = 0;
	return 0;
}

/* --- a view that keeps what it is told ------------------------------------*/

static char told[16384];

static void view_begin(struct doctor_view *view, const char *name)
{
	(void)view;
	(void)name;
}

static void view_end(struct doctor_view *view, const struct finding *finding)
{
	const size_t len = strlen(told);

	(void)view;
	snprintf(told + len, sizeof told - len, "%s %s: %s\n%s",
	    verdict_name(finding->verdict), finding->name, finding->seen.at,
	    finding->change.at);
	assert_null(strstr(told, "fake-secret"));
	assert_null(strstr(told, "fake-token"));
}

static struct doctor_view view = { view_begin, view_end };

static bool plan(void)
{
	unsigned counts[VERDICT_COUNT];

	told[0] = '\0';
	fix_plan(&fix, &doctor, &admin, &view, counts);
	assert_null(doctor.signer);
	return fix_due(&fix);
}

static void apply(void)
{
	unsigned counts[VERDICT_COUNT];

	assert_true(plan());
	told[0] = '\0';
	fix_apply(&fix, &view, counts);
	assert_null(doctor.signer);
}

#define expect_told(text)                                                      \
	do {                                                                   \
		if (!strstr(told, text))                                       \
			print_error("got\n%s\nwant %s\n", told, text);         \
		assert_non_null(strstr(told, text));                           \
	} while (0)

/* --- tests ----------------------------------------------------------------*/

static void test_all(void **state)
{
	(void)state;
	conf.policies.of[PURPOSE_MESSAGE].keep = 86400;
	apply();
	assert_string_equal(told, "ok fix-cors: set, and read back\n"
				  "ok fix-lifecycle: set, and read back\n"
				  "ok fix-public: set, and read back\n");
	assert_string_equal(documents[CORS].text, WEB);
	assert_non_null(strstr(documents[LIFECYCLE].text,
	    "<Filter><Prefix>message/20</Prefix></Filter>"));
	assert_string_equal(documents[BLOCK].text,
	    "<PublicAccessBlockConfiguration" XMLNS
	    "><BlockPublicAcls>false</BlockPublicAcls><IgnorePublicAcls>true"
	    "</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>"
	    "<RestrictPublicBuckets>true</RestrictPublicBuckets>"
	    "</PublicAccessBlockConfiguration>");
	doctor.web_fails = false;
	assert_false(plan());
	expect_told("ok fix-cors: nothing to set");
	expect_told("ok fix-lifecycle: the store removes what has ended: "
		    "message/20* after 1 day\n");
	expect_told("ok fix-public: public access is blocked already\n");
}

static void test_request(void **state)
{
	(void)state;
	has(BLOCK, "publicAccessBlock", 501, NONE("NotImplemented"));
	apply();
	assert_string_equal(put_headers, "Content-Type: application/xml\n"
					 "Content-MD5: " WEB_MD5 "\n");
	assert_non_null(
	    strstr(put_url, "X-Amz-SignedHeaders=content-md5%3Bhost&"));
	assert_memory_equal(put_url,
	    "https://my-bucket.s3.us-east-2.amazonaws.com/?X-Amz-", 52);
}

/* A PUT without this header of AWS's would reset it. */
static void test_transition(void **state)
{
	(void)state;
	doctor.web_fails = false;
	conf.policies.of[PURPOSE_MESSAGE].keep = 86400;
	has(BLOCK, "publicAccessBlock", 501, NONE("NotImplemented"));
	has(LIFECYCLE, "lifecycle", 200,
	    "<LifecycleConfiguration><Rule><ID>x</ID></Rule>"
	    "</LifecycleConfiguration>");
	documents[LIFECYCLE].transition = "varies_by_storage_class";
	apply();
	assert_non_null(strstr(put_headers,
	    "\nx-amz-transition-default-minimum-object-size: "
	    "varies_by_storage_class\n"));
	assert_non_null(
	    strstr(put_url, "X-Amz-SignedHeaders=content-md5%3Bhost%3B"
			    "x-amz-transition-default-minimum-object-size&"));
}

static void test_changed_meanwhile(void **state)
{
	(void)state;
	has(BLOCK, "publicAccessBlock", 501, NONE("NotImplemented"));
	has(CORS, "cors", 200,
	    "<CORSConfiguration><CORSRule/></CORSConfiguration>");
	/* Those before it are the plan's: of CORS and the block. */
	changes_at = 3;
	apply();
	assert_string_equal(told,
	    "failure fix-cors: not set: the CORS rules have changed since "
	    "they were shown\nRun slotd doctor --fix again.\n");
	assert_string_equal(put_url, "");
}

static void test_not_kept(void **state)
{
	(void)state;
	has(BLOCK, "publicAccessBlock", 501, NONE("NotImplemented"));
	forgets = true;
	apply();
	expect_told("failure fix-cors: the store took the CORS rules, but does "
		    "not have them yet\n");
	put_status = 403;
	apply();
	expect_told("failure fix-cors: setting the CORS rules: 403 "
		    "AccessDenied\nThe key in AWS_ACCESS_KEY_ID needs the "
		    "right s3:PutBucketCORS for this bucket.\n");
}

static void test_what_it_reads(void **state)
{
	static const struct {
		unsigned status;
		const char *text;
		const char *told;
	} rows[] = {
		{ 403, NONE("AccessDenied"),
		    "failure fix-cors: reading the CORS rules: 403 "
		    "AccessDenied\nThe key in AWS_ACCESS_KEY_ID needs the "
		    "right s3:GetBucketCORS for this bucket.\n" },
		{ 403, NONE("InvalidAccessKeyId"),
		    "AWS_ACCESS_KEY_ID in the environment is mistyped" },
		{ 403, NONE("SignatureDoesNotMatch"),
		    "AWS_SECRET_ACCESS_KEY in the environment is not" },
		{ 400, NONE("ExpiredToken"),
		    "AWS_SESSION_TOKEN in the environment has expired" },
		{ 503, "",
		    "failure fix-cors: reading the CORS rules: 503\n"
		    "Run slotd doctor --fix again.\n" },
		{ 501, NONE("NotImplemented"),
		    "failure fix-cors: this store has no CORS rules of a "
		    "bucket: 501 NotImplemented\nWeb clients" },
		{ 404, NONE("NoSuchKey"), "failure fix-cors: this store has" },
		{ 200, "<ListBucketResult/>",
		    "failure fix-cors: the store's answer is not a whole "
		    "CORSConfiguration, so nothing is set\nWeb clients" },
		{ 200, "<CORSConfiguration><New/></CORSConfiguration>",
		    "failure fix-cors: the CORS rules have something that "
		    "slotd does not know" },
		{ 200, WEB,
		    "failure fix-cors: the rule slotd-web is there already, "
		    "and web pages still fail\n" },
	};

	(void)state;
	has(BLOCK, "publicAccessBlock", 501, NONE("NotImplemented"));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		has(CORS, "cors", rows[i].status, rows[i].text);
		assert_false(plan());
		expect_told(rows[i].told);
		expect_told("ok fix-lifecycle: nothing to set: files are kept "
			    "for ever\nok fix-public: nothing to set: this "
			    "store has no public access block\n");
	}
}

static void test_public(void **state)
{
#define ALL(a, b)                                                              \
	"<PublicAccessBlockConfiguration><BlockPublicAcls>" a                  \
	"</BlockPublicAcls><IgnorePublicAcls>" b                               \
	"</IgnorePublicAcls><BlockPublicPolicy>" b                             \
	"</BlockPublicPolicy><RestrictPublicBuckets>" b                        \
	"</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
	(void)state;
	doctor.web_fails = false;
	assert_true(plan());
	/* Somebody has set it so, at AWS. */
	has(BLOCK, "publicAccessBlock", 200, ALL("false", "false"));
	assert_false(plan());
	expect_told("ok fix-public: the bucket has a public access block of "
		    "others, which stays as it is\n");
	has(BLOCK, "publicAccessBlock", 200, ALL("true", "true"));
	assert_false(plan());
	expect_told("ok fix-public: public access is blocked already\n");
	/* Ceph's answer where there is none. */
	has(BLOCK, "publicAccessBlock", 200,
	    "<BlockPublicAccessBlockConfiguration><BlockPublicAcls>false"
	    "</BlockPublicAcls><IgnorePublicAcls>false</IgnorePublicAcls>"
	    "<BlockPublicPolicy>false</BlockPublicPolicy>"
	    "<RestrictPublicBuckets>false</RestrictPublicBuckets>"
	    "</BlockPublicAccessBlockConfiguration>");
	assert_true(plan());
	has(STATUS, "policyStatus", 200,
	    "<PolicyStatus><IsPublic>FALSE</IsPublic></PolicyStatus>");
	assert_true(plan());
	has(ACL, "acl", 200,
	    "<a><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI>"
	    "</a>");
	assert_false(plan());
	expect_told("ok fix-public: the bucket's ACL may let everybody in");
	has(ACL, "acl", 403, NONE("AccessDenied"));
	assert_false(plan());
	expect_told("needs the right s3:GetBucketAcl for");
	has(STATUS, "policyStatus", 200,
	    "<PolicyStatus><IsPublic>TRUE</IsPublic></PolicyStatus>");
	assert_false(plan());
	expect_told("ok fix-public: the bucket's policy may let everybody in");
	has(STATUS, "policyStatus", 501, "");
	assert_false(plan());
	expect_told("ok fix-public: the bucket's policy may let everybody in");
	s3.get = S3_GET_PUBLIC;
	assert_false(plan());
	expect_told("ok fix-public: nothing to set: files are shared as URLs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_all, set_up_fix),
		cmocka_unit_test_setup(test_request, set_up_fix),
		cmocka_unit_test_setup(test_transition, set_up_fix),
		cmocka_unit_test_setup(test_changed_meanwhile, set_up_fix),
		cmocka_unit_test_setup(test_not_kept, set_up_fix),
		cmocka_unit_test_setup(test_what_it_reads, set_up_fix),
		cmocka_unit_test_setup(test_public, set_up_fix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
