#include "expect.h"

#include "doctor/private.h"

/* Answers as AWS, MinIO and Ceph write them. */
static const struct {
	const char *code;
	const char *xml;
	const char *says[3];
	const char * not ;
} cases[] = {
	{ "AccessDenied",
	    "<Error><Code>AccessDenied</Code><Message>There were headers "
	    "present in the request which were not signed</Message>"
	    "<HeadersNotSigned>x-amz-acl</HeadersNotSigned></Error>",
	    { "not signed: x-amz-acl", "must be removed" }, "s3:PutObject" },
	{ "AccessDenied",
	    "<Error><Code>AccessDenied</Code><Message>Request is not valid "
	    "yet</Message><ServerTime>2013-05-24T00:00:00Z</ServerTime>"
	    "</Error>",
	    { "is ahead", "the store had 2013-05-24T00:00:00Z", "NTP" },
	    "s3:PutObject" },
	{ "AccessDenied",
	    "<Error><Code>AccessDenied</Code><Message>Access Denied</Message>"
	    "<Expires>2013-05-24T01:10:00Z</Expires>"
	    "<ServerTime>2013-05-24T00:11:00Z</ServerTime></Error>",
	    { "is ahead", "the store had 2013-05-24T00:11:00Z" },
	    "s3:PutObject" },
	{ "AccessDenied",
	    "<Error><Code>AccessDenied</Code><Message>no</Message>"
	    "<Expires>2013-05-24T00:11:00Z</Expires>"
	    "<ServerTime>2013-05-24T00:11:00Z</ServerTime></Error>",
	    { "expired at 2013-05-24T00:11:00Z" }, "s3:PutObject" },
	{ "AccessDenied",
	    "<Error><Code>AccessDenied</Code><Message>Request has expired"
	    "</Message><Expires>2013-05-24T00:10:00Z</Expires>"
	    "<ServerTime>2013-05-24T00:11:00Z</ServerTime></Error>",
	    { "expired at 2013-05-24T00:10:00Z; the store had "
	      "2013-05-24T00:11:00Z",
		"put_ttl" },
	    "s3:PutObject" },
	{ "AccessDenied",
	    "<Error><Code>AccessDenied</Code><Message>Access Denied</Message>"
	    "</Error>",
	    { "permission is missing: s3:PutObject", "expired", "ahead" },
	    NULL },
	{ "EntityTooLarge",
	    "<Error><Code>EntityTooLarge</Code><ProposedSize>6000000000"
	    "</ProposedSize><MaxSizeAllowed>5368709120</MaxSizeAllowed>"
	    "</Error>",
	    { "MaxSizeAllowed is 5368709120 bytes (5120 MiB)",
		"policy.max_size" },
	    "6000000000" },
	{ "EntityTooLarge", "", { "in one PUT.\n", "5 GiB" }, "MaxSizeAll" },
	/* Swift says so of ids that it does not know. */
	{ "SignatureDoesNotMatch", "",
	    { "1. access_key_secret is wrong", "access_key_id", "chunked" },
	    "is known" },
	{ "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>",
	    { "the store is in \"eu-west-1\"", "Set region = \"eu-west-1\"" },
	    NULL },
	{ "AuthorizationHeaderMalformed", "<Region>us-east-1</Region>",
	    { "Most likely region is wrong (us-east-1)" }, "Set region" },
	{ "RequestTimeTooSkewed",
	    "<RequestTime>20130524T000000Z</RequestTime>"
	    "<ServerTime>2013-05-24T01:00:00Z</ServerTime>",
	    { "signed at 20130524T000000Z, the store had "
	      "2013-05-24T01:00:00Z",
		"timedatectl" },
	    NULL },
	/* Each of these was once known to one of the two commands alone. */
	{ "PermanentRedirect", "", { "another region", "bucket_url" }, NULL },
	{ "QuotaExceeded", "", { "quota" }, NULL },
	{ "MalformedXML", "", { "names no bucket" }, NULL },
	{ "NoSuchKey", "", { "never uploaded" }, NULL },
	{ "MissingContentLength", "", { "chunked" }, NULL },
	{ "PreconditionFailed", "", { "works once" }, NULL },
};

static void test_codes(void **state)
{
	(void)state;
	const struct s3_config s3 = { .region = span_of("us-east-1") };
	const struct conf_storage storage = { .s3 = &s3 };

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char memory[4096];
		struct buf out;

		buf_init(&out, memory, sizeof memory);
		assert_true(code_tell(
		    &storage, cases[i].code, span_of(cases[i].xml), &out));
		assert_true(buf_ok(&out));
		for (size_t j = 0; j < 3 && cases[i].says[j]; j++) {
			if (!strstr(memory, cases[i].says[j]))
				print_error("got\n%s\nwant %s\n", memory,
				    cases[i].says[j]);
			assert_non_null(strstr(memory, cases[i].says[j]));
		}
		if (cases[i].not )
			assert_null(strstr(memory, cases[i].not ));
		assert_int_equal(memory[out.len - 1], '\n');
	}
}

static void test_unknown(void **state)
{
	(void)state;
	const struct s3_config s3 = { .region = SPAN_EMPTY };
	const struct conf_storage storage = { .s3 = &s3 };
	char memory[64];
	struct buf out;

	buf_init(&out, memory, sizeof memory);
	assert_false(code_tell(&storage, "Teapot", SPAN_EMPTY, &out));
	assert_false(code_tell(&storage, "", SPAN_EMPTY, &out));
	assert_int_equal(out.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
