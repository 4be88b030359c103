#include "doctor/explain_fixture.h"

static void test_right_urls(void **state)
{
	(void)state;
	assert_false(run_at("https://" HOST "/test.txt?" GET_QUERY
			    "&X-Amz-Signature=" GET_SIGNATURE "4",
	    NOW + 60));
	expect_text("as slotd signs it, for GET and no other");
	assert_false(run_at(PUT_URL "\n", NOW + 60));
	expect_text("as slotd signs it, for a PUT of exactly 1234 bytes");
}

static void test_wrong_urls(void **state)
{
	(void)state;
	static const struct {
		const char *url;
		const char *says;
	} cases[] = {
		{ "https://other.example/a?" PUT_QUERY "&X-Amz-Signature=0",
		    "host: slotd signs\n   " HOST
		    "\nhere it is\n   other.example\n" },
		{ "https://" HOST "/a%2520b.txt?" PUT_QUERY
		  "&X-Amz-Signature=" PUT_SIGNATURE,
		    "here it is\n   /a%2520b.txt\nThe path is encoded twice" },
		{ "https://" HOST "/a+b%2fc?" PUT_QUERY
		  "&X-Amz-Signature=" PUT_SIGNATURE,
		    "path: slotd signs\n   /a%2Bb/c\n" },
		{ "https://" HOST "/a%2?" PUT_QUERY
		  "&X-Amz-Signature=" PUT_SIGNATURE,
		    "percent-encoding of the path is malformed" },
		{ PUT_URL "&utm=1", "   utm\nA client or a proxy has" },
		{ "https://" HOST "/a?" CREDENTIAL
		  "X-Amz-Expires=700000&X-Amz-SignedHeaders=host&"
		  "X-Amz-Signature=0",
		    "X-Amz-Expires is missing or not valid" },
		{ "https://" HOST "/a?" CREDENTIAL
		  "X-Amz-Expires=600&X-Amz-SignedHeaders=host%3Bx-amz-acl&"
		  "X-Amz-Signature=0",
		    "signed headers: slotd signs\n   content-length;host\n" },
		{ "https://" HOST "/test.txt?" GET_QUERY
		  "&X-Amz-Signature=" GET_SIGNATURE "5",
		    "signature: slotd would sign this URL with another one" },
		{ "https://" HOST "/test.txt", "This is neither" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		bool found = run_at(cases[i].url, NOW + 60);

		expect_text(cases[i].says);
		assert_true(found);
	}
}

/* Signature Version 4 signs a query in the order of its names, and encoded in
 * one way; AWS and Ceph bring what they get into that form first. */
static void test_another_form_of_a_query(void **state)
{
	static const char *const right[] = {
		"X-Amz-Signature=" GET_SIGNATURE "4&X-Amz-SignedHeaders=host&"
		"X-Amz-Expires=86400&X-Amz-Date=20130524T000000Z&"
		"X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1"
		"%2Fs3%2Faws4_request&X-Amz-Algorithm=AWS4-HMAC-SHA256",
		"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
		"AKIAIOSFODNN7EXAMPLE/20130524%2fus-east-1/s3/aws4%5Frequest&"
		"X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&"
		"X-Amz-SignedHeaders=host&X-Amz-Signature=" GET_SIGNATURE "4",
	};
	char url[1024];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(right); i++) {
		snprintf(
		    url, sizeof url, "https://" HOST "/test.txt?%s", right[i]);
		assert_false(run_at(url, NOW + 60));
		expect_text("as slotd signs it, for GET and no other");
	}
	assert_false(
	    run_at("https://" HOST "/a%20b.txt?X-Amz-Expires=600&" CREDENTIAL
		   "X-Amz-Signature=" PUT_SIGNATURE
		   "&X-Amz-SignedHeaders=content-length;host",
		NOW + 60));
	expect_text("for a PUT of exactly 1234 bytes");
	/* What is another value stays one. */
	assert_true(
	    run_at("https://" HOST "/test.txt?X-Amz-Expires=86401&" CREDENTIAL
		   "X-Amz-SignedHeaders=host&"
		   "X-Amz-Signature=" GET_SIGNATURE "4",
		NOW + 60));
	expect_text("signature: slotd would sign this URL with another one");
}

/* A proxy is not to blame for how bucket_url was written. */
static void test_encoded_bucket(void **state)
{
	(void)state;
	s3.bucket.path = s3.download.path = span_of("/b%C3%A9/p");
	assert_true(run_at("https://" HOST "/b%c3%a9/p/a.txt?" PUT_QUERY
			   "&X-Amz-Signature=" PUT_SIGNATURE,
	    NOW));
	expect_text("another spelling of bucket_url");
	assert_null(strstr(out.at, "roxy"));
	assert_true(run_at("https://" HOST "/b%C3%A9x/p/a.txt?" PUT_QUERY
			   "&X-Amz-Signature=" PUT_SIGNATURE,
	    NOW));
	expect_text("A proxy removes or adds");
	assert_true(run_at("https://" HOST "/b?" PUT_QUERY
			   "&X-Amz-Signature=" PUT_SIGNATURE,
	    NOW));
	expect_text("A proxy removes or adds");
}

/* What a client's log has of a slot, and a slot's JSON. */
static void test_slots(void **state)
{
	(void)state;
	assert_false(
	    run_at("{\"get\":\"https://example.org/f/x\",\"put\":\"" PUT_URL
		   "\",\"headers\":{}}",
		NOW));
	expect_text("get: this URL has no X-Amz-Signature");
	expect_text("\nput: This URL is as slotd signs it, for a PUT of "
		    "exactly 1234 bytes");
	assert_true(run_at("{\"put\":\"" PUT_URL "\",\"get\":\"https://" HOST
			   "/test.txt?" GET_QUERY
			   "&X-Amz-Signature=" GET_SIGNATURE "5\"}",
	    NOW + 60));
	expect_text("put: This URL is as slotd signs it");
	expect_text("get: signature: slotd would sign this URL with another");
	assert_true(run_at("{\"put\":\"https://" HOST "/test.txt?" GET_QUERY
			   "&X-Amz-Signature=" GET_SIGNATURE "4\"}",
	    NOW + 60));
	expect_text("put: this URL is signed for another method");
}

static void test_a_link_of_slotd(void **state)
{
	(void)state;
	conf.public_url = span_of("https://up.example.org");
	assert_true(run_at("https://up.example.org/f/x/cat.jpg", NOW));
	expect_text("leads to slotd itself, not to a store. If slotd refused "
		    "it, its log says why:\njournalctl -u slotd\nTo see where");
	expect_text("Location");
	assert_true(run_at("https://other.example.org/f/x/cat.jpg", NOW));
	expect_text("This is neither");
	conf.public_url = SPAN_EMPTY;
}

static void test_added_secrets(void **state)
{
	(void)state;
	static const char *const names[] = { "x-amz-security-token",
		"X-AMZ-SIGNATURE", "amp;X-Amz-Security-Token",
		"amp;X-Amz-Signature", "X%2DAmz-Security-Token" };

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char text[1024];

		snprintf(
		    text, sizeof text, "%s&%s=FAKE-TOKEN", PUT_URL, names[i]);
		assert_true(run_at(text, NOW));
		snprintf(text, sizeof text, "   %s\nA client", names[i]);
		expect_text(text);
		assert_null(strstr(out.at, "FAKE-TOKEN"));
	}
}

/* A token of 4096 bytes, each of them escaped. */
static void test_the_longest_token(void **state)
{
	(void)state;
	static char token[4097], url[16384];
	size_t len;

	memset(token, '/', sizeof token - 1);
	storage.s3_creds.session_token = span_of(token);
	len = (size_t)snprintf(url, sizeof url, "%s",
	    "https://" HOST "/test.txt?" CREDENTIAL
	    "X-Amz-Expires=86400&X-Amz-Security-Token=");
	for (size_t i = 0; i < sizeof token - 1; i++, len += 3)
		memcpy(url + len, "%2F", 4);
	snprintf(url + len, sizeof url - len,
	    "&X-Amz-SignedHeaders=host&X-Amz-Signature="
	    "7cff3324736a2c72fae69514ae15d1a5066839bffdd176a941cd08808e4991a0");
	assert_false(run_at(url, NOW + 60));
	expect_text("as slotd signs it, for GET and no other");
	storage.s3_creds.session_token = SPAN_EMPTY;
}

static void test_unknown_codes(void **state)
{
	(void)state;
	assert_true(run_at("<html><body>404</body></html>", NOW));
	expect_text("not a store's error: it has no <Code>");
	assert_true(run_at("<Error><Code>Teapot</Code></Error>", NOW));
	expect_text("The store answered Teapot\nslotd does not know this code");
}

static void test_terminal(void **state)
{
	(void)state;
	assert_true(
	    run_at("https://h\x1b[2J/a?" PUT_QUERY "&X-Amz-Signature=0", NOW));
	expect_text("here it is\n   h?[2J\n");
}

static void test_other_configuration(void **state)
{
	(void)state;
	s3.region = span_of("eu-west-1");
	assert_true(run_at(PUT_URL, NOW));
	expect_text("region: slotd signs\n   eu-west-1\nhere it is\n   "
		    "us-east-1\n");
	set_up(NULL);
	storage.s3_creds.access_key_id = span_of("FAKEOTHER");
	assert_true(run_at(PUT_URL, NOW));
	expect_text("access key id: slotd signs\n   FAKEOTHER\n");
	set_up(NULL);
	storage.s3_creds.session_token = span_of("fake-token");
	assert_true(run_at(PUT_URL, NOW));
	expect_text("session token: slotd signs with one, this URL has none");
	assert_true(run_at(PUT_URL "&X-Amz-Security-Token=fake", NOW));
	expect_text("this URL has another one than slotd signs with");
	assert_null(strstr(out.at, "fake"));
	set_up(NULL);
	assert_true(run_at(PUT_URL "&X-Amz-Security-Token=fake", NOW));
	expect_text("slotd signs without one, this URL has one");
}

static void test_times(void **state)
{
	(void)state;
	assert_true(run_at(PUT_URL, NOW + 600));
	expect_text(
	    "expiry: the URL expired at 2013-05-24T00:10:00Z, and now it is "
	    "2013-05-24T00:10:00Z");
	assert_false(run_at(PUT_URL, NOW + 599));
	assert_true(run_at(PUT_URL, NOW - 901));
	expect_text("is ahead. There, run: timedatectl");
	assert_false(run_at(PUT_URL, NOW - 900));
}

/* What AWS answers; its host, path, length and method are the arguments. */
static bool run_mismatch(
    const char *method, const char *path, const char *host, const char *length)
{
	char text[4096];
	struct buf xml;

	buf_init(&xml, text, sizeof text);
	buf_text(&xml,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>"
	    "SignatureDoesNotMatch</Code><Message>The request signature we "
	    "calculated does not match the signature you provided.</Message>"
	    "<AWSAccessKeyId>AKIAIOSFODNN7EXAMPLE</AWSAccessKeyId>"
	    "<StringToSign>AWS4-HMAC-SHA256\n20130524T000000Z\n"
	    "20130524/us-east-1/s3/aws4_request\n00</StringToSign>"
	    "<SignatureProvided>" PUT_SIGNATURE "</SignatureProvided>"
	    "<CanonicalRequest>");
	buf_text(&xml, method);
	buf_char(&xml, '\n');
	buf_text(&xml, path);
	buf_char(&xml, '\n');
	for (const char *c = PUT_QUERY; *c; c++)
		if (*c == '&')
			buf_text(&xml, "&amp;");
		else
			buf_char(&xml, *c);
	buf_text(&xml, "\ncontent-length:");
	buf_text(&xml, length);
	buf_text(&xml, "\nhost:");
	buf_text(&xml, host);
	buf_text(&xml, "\n\ncontent-length;host\nUNSIGNED-PAYLOAD"
		       "</CanonicalRequest><RequestId>0</RequestId></Error>");
	assert_true(buf_ok(&xml));
	return run_at(text, NOW + 100000);
}

static void test_canonical_request(void **state)
{
	(void)state;
	assert_true(run_mismatch("PUT", "/a%20b.txt", "10.0.0.5:9000", "1234"));
	expect_text("here it is\n   10.0.0.5:9000\nMost likely a proxy");
	assert_true(run_mismatch("PUT", "/a%2520b.txt", HOST, "1234"));
	expect_text("The path is encoded twice");
	assert_true(run_mismatch("PUT", "/a%20b.txt", HOST, "1235"));
	expect_text("content-length: slotd signs\n   1234\nhere it is\n   "
		    "1235\n");
	assert_true(run_mismatch("PUT", "/a%20b.txt", HOST, ""));
	expect_text("chunked");
	assert_true(run_mismatch("GET", "/a%20b.txt", HOST, "1234"));
	expect_text("method: slotd signs\n   PUT\nhere it is\n   GET\n");
	assert_true(run_mismatch("PUT", "/a%20b.txt", HOST, "1234"));
	expect_text("the store has another secret");
	assert_true(run_mismatch("PUT", "/a%20c.txt", HOST, "1234"));
	expect_text("Most likely access_key_secret was changed since");
}

#define ERROR(code, more)                                                      \
	"<Error><Code>" code "</Code><Message>m &lt;1&gt;</Message>" more      \
	"</Error>"

static void test_codes(void **state)
{
	(void)state;
	static const struct {
		const char *xml;
		const char *says;
	} cases[] = {
		{ ERROR("RequestTimeTooSkewed",
		      "<RequestTime>20130524T000000Z</RequestTime>"
		      "<ServerTime>2013-05-24T01:00:00Z</ServerTime>"),
		    "signed at 20130524T000000Z, the store had "
		    "2013-05-24T01:00:00Z" },
		{ "<Error><Code>AccessDenied</Code><Message>Request has "
		  "expired</Message><X-Amz-Expires>600</X-Amz-Expires>"
		  "<Expires>2013-05-24T00:10:00Z</Expires>"
		  "<ServerTime>2013-05-24T00:11:00Z</ServerTime></Error>",
		    "expired at 2013-05-24T00:10:00Z; the store had "
		    "2013-05-24T00:11:00Z" },
		{ ERROR("AccessDenied", ""), "s3:PutObject" },
		{ ERROR("AuthorizationQueryParametersError",
		      "<Region>us-east-2</Region>"),
		    "Set region = \"us-east-2\"" },
		{ ERROR("InvalidAccessKeyId",
		      "<AWSAccessKeyId>FAKEOTHER</AWSAccessKeyId>"),
		    "the store got FAKEOTHER" },
		{ ERROR("InvalidAccessKeyId", ""), "does not know this key" },
		{ ERROR("NoSuchBucket", ""), "bucket_url does not exist" },
		{ ERROR("SignatureDoesNotMatch", ""),
		    "access_key_secret is wrong" },
		{ ERROR("SignatureDoesNotMatch",
		      "<StringToSign>AWS4-HMAC-SHA256\n20130524T000000Z\n"
		      "20130524/eu-west-1/s3/aws4_request\n00</StringToSign>"),
		    "the string to sign has \"eu-west-1\"" },
		{ ERROR("NotImplemented", ""), "chunked" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_true(run_at(cases[i].xml, NOW));
		expect_text(cases[i].says);
	}
	run_at(ERROR("X", ""), NOW);
	expect_text("The store answered X: m <1>\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right_urls),
		cmocka_unit_test(test_wrong_urls),
		cmocka_unit_test_setup(test_another_form_of_a_query, set_up),
		cmocka_unit_test_setup(test_encoded_bucket, set_up),
		cmocka_unit_test_setup(test_slots, set_up),
		cmocka_unit_test_setup(test_a_link_of_slotd, set_up),
		cmocka_unit_test(test_added_secrets),
		cmocka_unit_test(test_the_longest_token),
		cmocka_unit_test(test_unknown_codes),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_other_configuration),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_canonical_request),
		cmocka_unit_test(test_codes),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
