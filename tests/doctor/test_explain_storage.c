#include "doctor/explain_fixture.h"

/* The longest path that fits, at a border; download_url counts as well. */
static void test_the_right_storage(void **state)
{
	(void)state;
	static struct conf_storage three[3];
	static struct s3_config own[3];
	static const struct {
		const char *url;
		const char *region;
	} cases[] = {
		{ "https://s3.example.org/buck/a", "first" },
		{ "https://s3.example.org/buck2/a", "second" },
		{ "https://s3.example.org/buck2/deep/a", "third" },
		{ "https://s3.example.org/buck2/deeper", "second" },
		{ "https://cdn.example.org/x/a", "third" },
	};
	static const char *const paths[] = { "/buck", "/buck2", "/buck2/deep" };
	static const char *const regions[] = { "first", "second", "third" };

	for (size_t i = 0; i < 3; i++) {
		three[i] = storage;
		three[i].s3 = &own[i];
		own[i] = s3;
		own[i].bucket = (struct uri_base){ span_of("https"),
			span_of("s3.example.org"), span_of(paths[i]) };
		own[i].download = own[i].bucket;
		own[i].region = span_of(regions[i]);
	}
	own[2].download = (struct uri_base){ span_of("https"),
		span_of("cdn.example.org"), span_of("/x") };
	conf.storages = three;
	conf.storage_count = 3;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char url[1024];

		snprintf(url, sizeof url, "%s?%s&X-Amz-Signature=0",
		    cases[i].url, PUT_QUERY);
		assert_true(run_at(url, NOW + 60));
		snprintf(url, sizeof url, "region: slotd signs\n   %s\n",
		    cases[i].region);
		expect_text(url);
	}
	conf.storages = &storage;
	conf.storage_count = 1;
}

/* Where no address fits, what the store or the URL names decides. */
static void test_another_address(void **state)
{
	(void)state;
	static struct conf_storage both[2];
	struct s3_config other = s3;

	both[0] = both[1] = storage;
	both[0].s3_creds.access_key_id = span_of("FAKEOTHER");
	other.bucket.host = span_of("other.s3.amazonaws.com");
	other.download = other.bucket;
	both[0].s3 = &other;
	conf.storages = both;
	conf.storage_count = 2;
	assert_true(run_at(
	    "https://proxy.example/a?" PUT_QUERY "&X-Amz-Signature=0", NOW));
	expect_text("host: slotd signs\n   " HOST "\n");
	assert_true(run_at("<Error><Code>InvalidAccessKeyId</Code>"
			   "<BucketName>other</BucketName>"
			   "<AWSAccessKeyId>AKIAIOSFODNN7EXAMPLE"
			   "</AWSAccessKeyId></Error>",
	    NOW));
	expect_text("slotd signs with FAKEOTHER, the store got AKIAIOSF");
	conf.storages = &storage;
	conf.storage_count = 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_right_storage),
		cmocka_unit_test(test_another_address),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
