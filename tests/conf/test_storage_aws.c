#include "conf/fixture.h"

/* What a host of AWS says by its name alone. */

static char text[1024];

static const char *storage(const char *url, const char *more)
{
	snprintf(text, sizeof text,
	    CALLERS "storage = { type = \"s3\"; access_key_id = \"A\"; "
		    "access_key_secret = \"b\";\nbucket_url = \"%s\";\n%s "
		    "};\n",
	    url, more);
	return text;
}

#define REGION(name) "region = \"" name "\";"

static void regions(void **state)
{
	static const struct {
		const char *host;
		const char *region; /* what the host says; NULL: nothing */
	} rows[] = {
		{ "b.s3.us-east-2.amazonaws.com", "us-east-2" },
		{ "s3.us-east-2.amazonaws.com/b", "us-east-2" },
		{ "S3.US-EAST-2.amazonaws.com:443/b", "us-east-2" },
		{ "b.s3-us-west-2.amazonaws.com", "us-west-2" },
		{ "b.s3.dualstack.eu-west-1.amazonaws.com", "eu-west-1" },
		{ "b.s3-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1" },
		{ "b.s3-fips.dualstack.us-east-1.amazonaws.com", "us-east-1" },
		{ "b.s3.cn-north-1.amazonaws.com.cn", "cn-north-1" },
		{ "a-123456789012.s3-accesspoint.us-west-2.amazonaws.com",
		    "us-west-2" },
		{ "b.vpce-1a2b3c4d-5e6f.s3.us-east-1.vpce.amazonaws.com",
		    "us-east-1" },
		/* The global ones are of any region. */
		{ "b.s3.amazonaws.com", NULL },
		{ "s3.amazonaws.com/b", NULL },
		{ "b.s3-accelerate.amazonaws.com", NULL },
		{ "b.s3-accelerate.dualstack.amazonaws.com", NULL },
		{ "b.s3-external-1.amazonaws.com", NULL },
		/* no S3 of AWS's */
		{ "b.s3.us-east-2.example.org", NULL },
		{ "b.s3.us-east-2.amazonaws.com.example.org", NULL },
		{ "s3.us-east-2.notamazonaws.com", NULL },
		{ "ec2.us-east-2.amazonaws.com", NULL },
	};
	char url[128], more[64], warning[256];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(url, sizeof url, "https://%s", rows[i].host);
		if (!rows[i].region) {
			expect(storage(url, REGION("eu-central-1")), "", "");
			continue;
		}
		snprintf(more, sizeof more, REGION("%s"), rows[i].region);
		expect(storage(url, more), "", "");
		snprintf(warning, sizeof warning,
		    "slotd.conf:4: storage.region: warning: bucket_url is in "
		    "\"%s\", and AWS refuses URLs signed for another region\n",
		    rows[i].region);
		expect(storage(url, REGION("eu-central-1")), "", warning);
	}
}

static void dots_in_the_bucket(void **state)
{
#define DOTS                                                                   \
	"warning: AWS's certificate does not match a bucket with dots in "     \
	"the host: use path style, "
	const char *east = REGION("us-east-2");

	(void)state;
	expect(storage("https://my.bucket.s3.us-east-2.amazonaws.com", east),
	    "",
	    "slotd.conf:3: storage.bucket_url: " DOTS
	    "https://s3.us-east-2.amazonaws.com/my.bucket\n");
	expect(storage("https://a.s3.b.s3.us-east-2.amazonaws.com/p/q/", east),
	    "",
	    "slotd.conf:3: storage.bucket_url: " DOTS
	    "https://s3.us-east-2.amazonaws.com/a.s3.b/p/q\n");
	expect(storage("https://my.bucket.s3.amazonaws.com", east), "",
	    "slotd.conf:3: storage.bucket_url: " DOTS
	    "https://s3.amazonaws.com/my.bucket\n");
	expect(storage("https://s3.us-east-2.amazonaws.com/my.bucket",
		   REGION("us-east-2") "download_url = "
				       "\"https://my.bucket.s3."
				       "us-east-2.amazonaws.com\";"),
	    "",
	    "slotd.conf:4: storage.download_url: " DOTS
	    "https://s3.us-east-2.amazonaws.com/my.bucket\n");
	expect(storage("https://my-bucket.s3.us-east-2.amazonaws.com", east),
	    "", "");
	expect(storage("https://s3.us-east-2.amazonaws.com/my.bucket", east),
	    "", "");
	/* A certificate of one's own may fit. */
	expect(storage("https://my.bucket.s3.example.org", east), "", "");
	expect(storage(
		   "https://b.vpce-1a2b.s3.us-east-2.vpce.amazonaws.com", east),
	    "", "");
	/* Without TLS there is no certificate. */
	expect(storage("http://my.bucket.s3.us-east-2.amazonaws.com", east), "",
	    "slotd.conf:3: storage.bucket_url: warning: uploads are not "
	    "encrypted: use https\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(regions),
		cmocka_unit_test(dots_in_the_bucket),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
