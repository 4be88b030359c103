#include "store/s3_fixture.h"

#include "slot/link.h"

/* Signed types, session tokens, and what is not simply public. Signatures by
 * botocore. */

#define BUCKET "https://my-bucket.s3.us-east-2.amazonaws.com"
#define CDN "https://cdn.example.org:8443/files"
#define CAT_PATH "/abc/tr%C3%A8s%20cool%2B%26.jpg"
#define TOKEN "FakeToken/for+tests=="
#define TOKEN_QUERY "&X-Amz-Security-Token=FakeToken%2Ffor%2Btests%3D%3D"

#define SIGNED(ttl, names) SIGNED_WITH("", ttl, names)
#define SIGNED_WITH(token, ttl, names)                                         \
	"?X-Amz-Algorithm=AWS4-HMAC-SHA256"                                    \
	"&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-2"        \
	"%2Fs3%2Faws4_request"                                                 \
	"&X-Amz-Date=20130524T000000Z&X-Amz-Expires=" ttl token                \
	"&X-Amz-SignedHeaders=" names

#define TYPED SIGNED("600", "content-length%3Bcontent-type%3Bhost")

static void open_here(struct setup *setup)
{
	open_store(setup, BUCKET, CDN, "us-east-2", 600);
}

static void expect_put(struct setup *setup, const char *url, const char *type)
{
	open_here(setup);
	assert_int_equal(sign(setup, CAT_KEY, 23456, NOW), FAILURE_NONE);
	expect_buf(&setup->put, url);
	expect_buf(&setup->type, type);
	close_store(setup);
}

static void test_the_type_is_signed(void **state)
{
	struct setup setup = { .config.sign_content_type = true };

	(void)state;
	setup.wanted = "text/plain;  charset=utf-8";
	expect_put(&setup,
	    BUCKET CAT_PATH TYPED
	    "&X-Amz-Signature=d2cbe6b6d3de9de0567f620c5de9b072eba7f1ed75b2a384"
	    "4164d8a3d8a10741",
	    "text/plain; charset=utf-8");
	/* A blank at the end belongs to no header's value (RFC 9110, 5.5). */
	setup.wanted = "text/plain; charset=utf-8 ";
	expect_put(&setup,
	    BUCKET CAT_PATH TYPED
	    "&X-Amz-Signature=d2cbe6b6d3de9de0567f620c5de9b072eba7f1ed75b2a384"
	    "4164d8a3d8a10741",
	    "text/plain; charset=utf-8");
	setup.wanted = NULL;
	expect_put(&setup,
	    BUCKET CAT_PATH TYPED
	    "&X-Amz-Signature=e2592d8a3a19fc300eb280d0cbba306e3a99c25970ea74a5"
	    "5fc922dda1194d95",
	    "application/octet-stream");
}

static void test_the_token_is_signed(void **state)
{
	struct setup setup = { .token = TOKEN, .wanted = "image/jpeg" };

	(void)state;
	expect_put(&setup,
	    BUCKET CAT_PATH SIGNED_WITH(TOKEN_QUERY, "600",
		"content-length%3Bhost") "&X-Amz-Signature="
					 "e7770056ca19d5f7528e778d2e6c46039de12"
					 "74ee79b89fb"
					 "85497c95b88c2308",
	    "");
	setup.config.sign_content_type = true;
	setup.config.set_public = true;
	expect_put(&setup,
	    BUCKET CAT_PATH SIGNED_WITH(TOKEN_QUERY, "600",
		"content-length%3Bcontent-type%3Bhost") "&x-amz-acl=public-read"
							"&X-Amz-Signature="
							"96deffa03cf2281fc5a4c3"
							"0323b5aa9474f06d9d6edd"
							"1fb0"
							"a9787c8c91448c69",
	    "image/jpeg");
}

/* Each byte of the token becomes three. */
static void test_the_longest_token(void **state)
{
	static char token[4097];
	static const char end[] = "&X-Amz-Signature=0082e9c1cefb83a76bb1c61188"
				  "db10c183e0826bb97a09f4f6ff3e998fa5e954";
	struct setup setup = { .token = token };

	(void)state;
	memset(token, '/', 4096);
	open_here(&setup);
	assert_int_equal(sign(&setup, CAT_KEY, 23456, NOW), FAILURE_NONE);
	assert_true(buf_ok(&setup.put));
	assert_int_equal(setup.put.len, 12668);
	assert_string_equal(setup.put.at + setup.put.len - strlen(end), end);
	close_store(&setup);
}

static void test_presigned_gets(void **state)
{
	struct setup setup = { .config = { .get = S3_GET_PRESIGNED } };

	(void)state;
	setup.config.get_ttl = 604800;
	open_here(&setup);
	assert_int_equal(sign(&setup, CAT_KEY, 1, NOW), FAILURE_NONE);
	expect_buf(&setup.get,
	    CDN CAT_PATH SIGNED("604800",
		"host") "&X-Amz-Signature="
			"1e711b8daaa87744034f6f316a1620e8139bf5aff3d01024"
			"5e7c8243b0f47edf");
	close_store(&setup);
	setup.config.get_ttl = 90;
	setup.token = TOKEN;
	open_here(&setup);
	assert_int_equal(sign(&setup, CAT_KEY, 1, NOW), FAILURE_NONE);
	expect_buf(&setup.get,
	    CDN CAT_PATH SIGNED_WITH(TOKEN_QUERY, "90",
		"host") "&X-Amz-Signature="
			"badd53671611539e055f38f96e62f2148263925293596fda"
			"587fb60cb66a0d80");
	close_store(&setup);
}

static void expect_redirect(struct setup *setup, const char *method,
    const char *key, int64_t now, const char *url)
{
	char memory[4096];
	struct refusal why = { 0 };
	struct buf out;
	struct store_lead lead = { .url = &out };

	buf_init(&out, memory, sizeof memory);
	assert_int_equal(setup->store->class->lead(setup->store,
			     span_of(method), span_of(key), now, &lead, &why),
	    FAILURE_NONE);
	expect_buf(&out, url);
}

#define JPEG                                                                   \
	CDN CAT_PATH SIGNED("3600",                                            \
	    "host") "&response-content-type=image%2Fjpeg"                      \
		    "&X-Amz-Signature="                                        \
		    "5a3c228818dc97d2716933db52d04934e1eaac5a7c99e0cd0c66"     \
		    "b092c4fd2e19"

static void test_redirects(void **state)
{
	struct setup setup = { .config = {
				   .get = S3_GET_REDIRECT, .get_ttl = 3600 } };

	(void)state;
	open_here(&setup);
	/* For half of get_ttl it is the same. */
	expect_redirect(&setup, "GET", CAT_KEY, NOW, JPEG);
	expect_redirect(&setup, "GET", CAT_KEY, NOW + 1799, JPEG);
	expect_redirect(&setup, "HEAD", "abc/a.txt", NOW + 1,
	    CDN "/abc/a.txt" SIGNED("3600",
		"host") "&response-content-type=text%2Fplain%3B%20charset%"
			"3Dutf-8"
			"&X-Amz-Signature="
			"5542f9569a74b3691e62364bef967b84de5dbc28a3c4498e"
			"82d3a66df57c82c3");
	expect_redirect(&setup, "GET", "abc/\xc3\xa8.HTML", NOW,
	    CDN "/abc/%C3%A8.HTML" SIGNED("3600",
		"host") "&response-content-disposition=attachment%3B%"
			"20filename%3D%22_.HTML"
			"%22%3B%20filename%2A%3DUTF-8%27%27%25C3%25A8.HTML"
			"&response-content-type=text%2Fhtml"
			"&X-Amz-Signature="
			"206e25ce19af966d88f514ad4ad1093f62400b7ae83e1ba7"
			"7b8d73b04c997324");
	close_store(&setup);
}

static void test_redirects_beside_slots(void **state)
{
	struct setup setup = { .config = {
				   .get = S3_GET_PRESIGNED, .get_ttl = 3600 } };
	char before[4096];

	(void)state;
	open_here(&setup);
	assert_int_equal(sign(&setup, CAT_KEY, 1, NOW + DAY), FAILURE_NONE);
	memcpy(before, setup.put.at, setup.put.len + 1);
	expect_redirect(&setup, "GET", CAT_KEY, NOW, JPEG);
	assert_int_equal(sign(&setup, CAT_KEY, 1, NOW + DAY), FAILURE_NONE);
	expect_buf(&setup.put, before);
	close_store(&setup);
}

/* Credentials that change with each generation, or are not there. */
struct turning {
	struct creds creds;
	struct creds_value value;
	unsigned held;
};

static bool turning_get(
    struct creds *creds, int64_t now, struct creds_value *ret_value)
{
	struct turning *turning = (struct turning *)creds;

	(void)now;
	*ret_value = turning->value;
	turning->held += turning->value.generation > 0;
	return turning->value.generation > 0;
}

static void turning_put_back(
    struct creds *creds, const struct creds_value *value)
{
	(void)value;
	((struct turning *)creds)->held--;
}

static void turning_close(struct creds *creds)
{
	(void)creds;
}

static void test_credentials_turn(void **state)
{
	static const struct creds_class turning_class = { turning_get,
		turning_put_back, turning_close, NULL, NULL };
	struct turning turning = { .creds = { &turning_class },
		.value = { span_of("AKIAIOSFODNN7EXAMPLE"), span_of("old"),
		    SPAN_EMPTY, 0, 1 } };
	struct setup setup = { .config = {
				   .get = S3_GET_PRESIGNED, .get_ttl = 3600 } };
	char memory[4096];
	struct refusal why = { 0 };
	struct buf out;
	struct store_lead lead = { .url = &out };

	(void)state;
	open_here(&setup);
	close_store(&setup);
	setup.store = s3_open(&setup.config, &turning.creds);
	buf_init(&out, memory, sizeof memory);
	assert_int_equal(sign(&setup, CAT_KEY, 1, NOW), FAILURE_NONE);
	assert_int_equal(s3_class.lead(setup.store, span_of("GET"),
			     span_of(CAT_KEY), NOW, &lead, &why),
	    FAILURE_NONE);
	turning.value.access_key_secret =
	    span_of("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
	turning.value.generation = 2;
	expect_redirect(&setup, "GET", CAT_KEY, NOW, JPEG);
	turning.value.generation = 0;
	buf_reset(&out);
	assert_int_equal(s3_class.lead(setup.store, span_of("GET"),
			     span_of(CAT_KEY), NOW, &lead, &why),
	    FAILURE_UNAVAILABLE);
	assert_int_equal(sign(&setup, CAT_KEY, 1, NOW), FAILURE_UNAVAILABLE);
	assert_int_equal(turning.held, 0);
	close_store(&setup);
}

static bool reads(struct setup *setup, const char *url, const char *key)
{
	char memory[256];
	struct buf out;

	buf_init(&out, memory, sizeof memory);
	if (!setup->store->class->read_url(setup->store, span_of(url), &out))
		return false;
	expect_buf(&out, key);
	return true;
}

static void test_links(void **state)
{
	static struct keyring keyring;
	struct setup setup = { .config = { .get = S3_GET_REDIRECT,
				   .get_ttl = 3600,
				   .keyring = &keyring } };
	const char *wrong;
	char link[256];
	struct buf token;

	(void)state;
	assert_true(keyring_read(
	    &keyring, span_of("not-a-real-key-0123456789abcdefgh\n"), &wrong));
	setup.config.name = span_of("archive");
	setup.config.public_url = span_of("https://up.example.org/x");
	open_here(&setup);
	assert_int_equal(sign(&setup, CAT_KEY, 1, NOW), FAILURE_NONE);
	buf_init(&token, link, sizeof link);
	buf_text(&token, "https://up.example.org/x/f/");
	link_token_write(
	    &keyring.roots[0], span_of("archive"), span_of(CAT_KEY), &token);
	buf_text(&token, CAT_PATH);
	expect_buf(&setup.get, link);

	assert_true(reads(&setup, link, CAT_KEY));
	/* What was shared with get = "public" or "presigned". */
	assert_true(reads(&setup, CDN "/a%20b?X-Amz-Date=1", "a b"));
	/* Another key, another store. */
	link[strlen(link) - 1] = 'f';
	assert_false(reads(&setup, link, ""));
	assert_false(reads(&setup, "https://up.example.org/x/f/abc", ""));
	close_store(&setup);
	setup.config.name = span_of("default");
	open_here(&setup);
	link[strlen(link) - 1] = 'g';
	assert_false(reads(&setup, link, ""));
	close_store(&setup);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_type_is_signed),
		cmocka_unit_test(test_the_token_is_signed),
		cmocka_unit_test(test_the_longest_token),
		cmocka_unit_test(test_presigned_gets),
		cmocka_unit_test(test_redirects),
		cmocka_unit_test(test_redirects_beside_slots),
		cmocka_unit_test(test_credentials_turn),
		cmocka_unit_test(test_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
