#include "expect.h"

#include "core/sigv4.h"

#define AWS_SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

/* The example of "Authenticating Requests: Using Query Parameters" in the
 * Amazon S3 API reference. */
static struct sigv4_request aws_example(void)
{
	return (struct sigv4_request){
		.method = span_of("GET"),
		.host = span_of("examplebucket.s3.amazonaws.com"),
		.path = span_of("/test.txt"),
		.access_key_id = span_of("AKIAIOSFODNN7EXAMPLE"),
		.region = span_of("us-east-1"),
		.expires = 86400,
		.now = 1369353600, /* 20130524T000000Z */
	};
}

#define AWS_QUERY                                                              \
	"X-Amz-Algorithm=AWS4-HMAC-SHA256"                                     \
	"&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3"   \
	"%2Faws4_request"                                                      \
	"&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400"                     \
	"&X-Amz-SignedHeaders=host"
#define AWS_CANONICAL                                                          \
	"GET\n/test.txt\n" AWS_QUERY "\nhost:examplebucket.s3.amazonaws.com"   \
	"\n\nhost\nUNSIGNED-PAYLOAD"
#define AWS_TO_SIGN                                                            \
	"AWS4-HMAC-SHA256\n20130524T000000Z\n"                                 \
	"20130524/us-east-1/s3/aws4_request\n"                                 \
	"3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae"                   \
	"0a9121cf58ad04"
#define AWS_SIGNATURE                                                          \
	"aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d"                   \
	"157751f604d404"

static void test_aws_query(void **state)
{
	(void)state;
	struct sigv4_request request = aws_example();
	char memory[1024];
	struct buf out;

	buf_init(&out, memory, sizeof(memory));
	sigv4_query(&out, &request);
	expect_buf(&out, AWS_QUERY);
}

static void test_aws_canonical_request(void **state)
{
	(void)state;
	struct sigv4_request request = aws_example();
	char memory[1024];
	struct buf out;
	uint8_t digest[HASH_SIZE];

	buf_init(&out, memory, sizeof(memory));
	sigv4_canonical_request(&out, &request, span_of(AWS_QUERY));
	expect_buf(&out, AWS_CANONICAL);
	sha256(buf_span(&out), digest);
	expect_hex(digest, HASH_SIZE,
	    "3bfa292879f6447bbcda7001decf97f4"
	    "a54dc650c8942174ae0a9121cf58ad04");
}

static void test_aws_string_to_sign(void **state)
{
	(void)state;
	struct sigv4_request request = aws_example();
	char memory[1024];
	struct buf out;

	buf_init(&out, memory, sizeof(memory));
	sigv4_string_to_sign(&out, &request, span_of(AWS_CANONICAL));
	expect_buf(&out, AWS_TO_SIGN);
}

static void test_aws_signature(void **state)
{
	(void)state;
	struct sigv4_request request = aws_example();
	struct sigv4_key key;
	uint8_t mac[HASH_SIZE];
	char memory[1024];
	struct buf out;

	sigv4_key_init(&key, span_of(AWS_SECRET), request.region, request.now);
	hmac(&key.key, span_of(AWS_TO_SIGN), mac);
	expect_hex(mac, HASH_SIZE, AWS_SIGNATURE);
	buf_init(&out, memory, sizeof(memory));
	buf_text(&out, "https://examplebucket.s3.amazonaws.com/test.txt?");
	assert_true(sigv4_presign(&request, &key, &out));
	expect_buf(&out,
	    "https://examplebucket.s3.amazonaws.com/test.txt?" AWS_QUERY
	    "&X-Amz-Signature=" AWS_SIGNATURE);
	sigv4_key_done(&key);
}

/* MAC of "x" under the day's key for secrets of n times "s", on both sides
 * of HMAC's block size; by Python's hmac. */
static void test_secret_lengths(void **state)
{
	(void)state;
	static const struct {
		size_t len;
		const char *mac;
	} vectors[] = {
		{ 60, "6307a70778ef956a7d7b09daffe6ba75"
		      "db3b8eb15e08f9e27b87845f1c5fb0ba" },
		{ 61, "01bd014bbef2a7b0499593c5a8aa0647"
		      "832d0ee44fa6cbd78a2c1e69f4d1c4bb" },
		{ 100, "9d7ba33a10ed944a4727e5d89eb694b5"
		       "ab676dbda21b25f58950522eea656ae3" },
	};
	char secret[100];

	memset(secret, 's', sizeof(secret));
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		struct sigv4_key key;
		uint8_t mac[HASH_SIZE];
		sigv4_key_init(&key, (struct span){ secret, vectors[i].len },
		    span_of("us-east-1"), 1369353600);
		hmac(&key.key, span_of("x"), mac);
		expect_hex(mac, HASH_SIZE, vectors[i].mac);
		sigv4_key_done(&key);
	}
}

/* What botocore 1.43 signs for the same inputs and clock. */
static void test_put_with_headers(void **state)
{
	(void)state;
	const struct sigv4_pair headers[] = {
		{ span_of("content-length"), span_of("23456") },
		{ span_of("content-type"), span_of("image/jpeg") },
		{ span_of("x-amz-acl"), span_of("public-read") },
	};
	struct sigv4_request request = {
		.method = span_of("PUT"),
		.host = span_of("s3.example.org:9000"),
		.path = span_of("/bucket/a%20b/%C3%A9.jpg"),
		.headers = headers,
		.header_count = COUNT_OF(headers),
		.access_key_id = span_of("EXAMPLEID"),
		.region = span_of("eu-test-1"),
		.expires = 600,
		.now = 1732300000,
	};
	struct sigv4_key key;
	char memory[1024];
	struct buf out;

	sigv4_key_init(
	    &key, span_of("not/a+real=secret"), request.region, request.now);
	buf_init(&out, memory, sizeof(memory));
	assert_true(sigv4_presign(&request, &key, &out));
	expect_buf(&out,
	    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=EXAMPLEID"
	    "%2F20241122%2Feu-test-1%2Fs3%2Faws4_request"
	    "&X-Amz-Date=20241122T182640Z&X-Amz-Expires=600"
	    "&X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost"
	    "%3Bx-amz-acl&X-Amz-Signature=f773e3fde25663c8b8301a654063b835"
	    "893b92b4bf5c2e3bc538ac8f119418e8");
	sigv4_key_done(&key);
}

/* Likewise: a session token, and more of a query. */
static void test_get_with_query(void **state)
{
	(void)state;
	const struct sigv4_pair query[] = {
		{ span_of("response-content-disposition"),
		    span_of("attachment; filename*=UTF-8''a%20b") },
		{ span_of("response-content-type"),
		    span_of("text/plain; charset=utf-8") },
	};
	struct sigv4_request request = {
		.method = span_of("GET"),
		.host = span_of("files.example.org"),
		.path = span_of("/k"),
		.query = query,
		.query_count = COUNT_OF(query),
		.access_key_id = span_of("EXAMPLEID"),
		.session_token = span_of("tok/en+1=="),
		.region = span_of("auto"),
		.expires = 3600,
		.now = 1732300000,
	};
	struct sigv4_key key;
	char memory[1024];
	struct buf out;

	sigv4_key_init(
	    &key, span_of("not/a+real=secret"), request.region, request.now);
	buf_init(&out, memory, sizeof(memory));
	assert_true(sigv4_presign(&request, &key, &out));
	expect_buf(&out,
	    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=EXAMPLEID"
	    "%2F20241122%2Fauto%2Fs3%2Faws4_request"
	    "&X-Amz-Date=20241122T182640Z&X-Amz-Expires=3600"
	    "&X-Amz-Security-Token=tok%2Fen%2B1%3D%3D"
	    "&X-Amz-SignedHeaders=host"
	    "&response-content-disposition=attachment%3B%20filename%2A%3D"
	    "UTF-8%27%27a%2520b"
	    "&response-content-type=text%2Fplain%3B%20charset%3Dutf-8"
	    "&X-Amz-Signature=300ede5ab383d2554ac0e60b90f70e57"
	    "e857e863c2aa9c86f78c414b9805ebf2");
	sigv4_key_done(&key);
}

/* `host` among the others, wherever it belongs. */
static void test_header_order(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *want;
	} vectors[] = {
		{ "a", "a;host" },
		{ "hos", "hos;host" },
		{ "hosts", "host;hosts" },
		{ "hot", "host;hot" },
		{ "z", "host;z" },
	};

	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		struct sigv4_pair header = { span_of(vectors[i].name),
			span_of("v") };
		struct sigv4_request request = aws_example();
		char memory[512];
		struct buf out;
		request.headers = &header;
		request.header_count = 1;
		buf_init(&out, memory, sizeof(memory));
		sigv4_canonical_request(&out, &request, span_of("q"));
		struct span list = buf_span(&out);
		list = span_first(list, span_find_last(list, '\n'));
		expect_span(span_from(list, span_find_last(list, '\n') + 1),
		    vectors[i].want);
	}
}

static void test_key_of_the_day(void **state)
{
	(void)state;
	struct sigv4_request request = aws_example();
	struct sigv4_key key;
	char memory[1024];
	struct buf out;

	sigv4_key_init(&key, span_of(AWS_SECRET), request.region, 1369353600);
	/* 2013-05-24 */
	assert_int_equal(key.day, 15849);
	assert_true(sigv4_key_current(&key, 1369353600));
	assert_true(sigv4_key_current(&key, 1369353600 + 86399));
	assert_false(sigv4_key_current(&key, 1369353600 + 86400));
	assert_false(sigv4_key_current(&key, 1369353599));
	buf_init(&out, memory, sizeof(memory));
	request.now += 86400;
	assert_false(sigv4_presign(&request, &key, &out));
	sigv4_key_done(&key);
}

/* At whatever second the key is, the URL of AWS's example is the same. */
static void test_key_of_the_second(void **state)
{
	(void)state;
	static const int64_t seconds[] = { 1369353601, 1369353600,
		1369353600 + 86399, 1369353600 };
	struct sigv4_request request = aws_example();
	struct sigv4_key key;
	char memory[1024];
	struct buf out = buf_of(memory, sizeof(memory));

	sigv4_key_init(
	    &key, span_of(AWS_SECRET), request.region, 1369353600 + 7);
	assert_true(sigv4_presign(&request, &key, &out));
	expect_buf(&out, AWS_QUERY "&X-Amz-Signature=" AWS_SIGNATURE);
	for (size_t i = 0; i < COUNT_OF(seconds); i++) {
		sigv4_key_move(&key, request.region, seconds[i]);
		assert_int_equal(key.moment.now, seconds[i]);
		buf_reset(&out);
		assert_true(sigv4_presign(&request, &key, &out));
		expect_buf(&out, AWS_QUERY "&X-Amz-Signature=" AWS_SIGNATURE);
	}
	sigv4_key_done(&key);
	for (size_t i = 0; i < sizeof(key); i++)
		assert_int_equal(((unsigned char *)&key)[i], 0);
}

static void test_no_room(void **state)
{
	(void)state;
	static char path[25000];
	static char memory[32768];
	struct sigv4_request request = aws_example();
	struct sigv4_key key;
	struct buf out;
	size_t need = strlen(AWS_QUERY "&X-Amz-Signature=" AWS_SIGNATURE) + 1;

	sigv4_key_init(&key, span_of(AWS_SECRET), request.region, request.now);
	for (size_t size = 1; size <= need; size++) {
		buf_init(&out, memory, size);
		assert_int_equal(
		    sigv4_presign(&request, &key, &out), size == need);
	}
	memset(path, '/', sizeof(path));
	request.path = (struct span){ path, sizeof(path) };
	buf_init(&out, memory, sizeof(memory));
	assert_false(sigv4_presign(&request, &key, &out));
	sigv4_key_done(&key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aws_query),
		cmocka_unit_test(test_aws_canonical_request),
		cmocka_unit_test(test_aws_string_to_sign),
		cmocka_unit_test(test_aws_signature),
		cmocka_unit_test(test_secret_lengths),
		cmocka_unit_test(test_put_with_headers),
		cmocka_unit_test(test_get_with_query),
		cmocka_unit_test(test_header_order),
		cmocka_unit_test(test_key_of_the_day),
		cmocka_unit_test(test_key_of_the_second),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
