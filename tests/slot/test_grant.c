#include "expect.h"

#include "slot/grant.h"

/*
 * The expected tokens were made by python3, field(x) being
 * pack('>Q', len(x)) + x:
 *   p = bytes([1]) + struct.pack('>QQ', expires, size) + type
 *   m = hmac.new(secret, (field(store) if store else b'') + field(key)
 *         + field(p), sha256).digest()[:16]
 *   urlsafe_b64encode(p) + '.' + urlsafe_b64encode(m), without '='
 */
#define SECRET_ONE "fake-put-secret-one-for-tests-only"
#define SECRET_TWO "fake-put-secret-two-for-tests-only"
#define NOW 1732300000
#define LATEST 1732300600
#define LONG_KEY "AAAAAAAAAAAAAAAAAAAAAA/tr\xc3\xa8s cool.jpg"
#define LONG_PAYLOAD "AQAAAABnQM84AAAAAAAAW6BpbWFnZS9qcGVn"
#define IN_DEFAULT LONG_PAYLOAD ".-g5DwivT4U3IBERaDkhMkw"
#define BY_TWO LONG_PAYLOAD ".ZUD1dY8pegN-gmKpscpVGA"

static const struct {
	const char *store;
	const char *key;
	uint64_t size;
	const char *type;
	const char *token;
} grants[] = {
	{ "default", LONG_KEY, 23456, "image/jpeg", IN_DEFAULT },
	{ "archive", LONG_KEY, 23456, "image/jpeg",
	    LONG_PAYLOAD ".B0uCLGVUohGMyR1n_jn2bw" },
	/* The embedded store has no name here. */
	{ "", LONG_KEY, 23456, "image/jpeg",
	    LONG_PAYLOAD ".wZkR_h066KY3TeLHT1w2wA" },
	{ "default", "k", 0, "",
	    "AQAAAABnQM84AAAAAAAAAAA.zrowgwGrG6P_G5lpgpqywQ" },
	{ "default", "k", UINT64_MAX, "",
	    "AQAAAABnQM84__________8.mTm89HseUaWLcu5rqzfuag" },
	/* No byte moves from one field to the other. */
	{ "ab", "c", 5, "", "AQAAAABnQM84AAAAAAAAAAU.WQFH9V-_8mt85J8cUf4Yaw" },
	{ "a", "bc", 5, "", "AQAAAABnQM84AAAAAAAAAAU.qdk04boLHrbnbRBv02vpMw" },
};

static void add_root(struct keyring *ring, const char *secret)
{
	hmac_key_init(&ring->roots[ring->count++].put, span_of(secret));
}

static enum failure check(const struct keyring *ring, const char *store,
    const char *token, const char *key, int64_t now, struct grant *ret_grant)
{
	return grant_check(
	    ring, span_of(store), span_of(token), span_of(key), now, ret_grant);
}

static void test_writes(void **state)
{
	struct keyring ring = { 0 };
	char memory[512];
	struct buf out;

	(void)state;
	add_root(&ring, SECRET_ONE);
	for (size_t i = 0; i < COUNT_OF(grants); i++) {
		buf_init(&out, memory, sizeof memory);
		grant_write(&ring.roots[0], span_of(grants[i].store),
		    span_of(grants[i].key), grants[i].size,
		    span_of(grants[i].type), LATEST, &out);
		expect_buf(&out, grants[i].token);
	}
}

static void test_writes_urls(void **state)
{
	const struct store_request request = {
		.key = span_of(LONG_KEY),
		.size = 23456,
		.type = span_of("image/jpeg"),
		.now = NOW,
	};
	struct keyring ring = { 0 };
	char memory[512];
	struct buf out;

	(void)state;
	add_root(&ring, SECRET_ONE);
	buf_init(&out, memory, sizeof memory);
	grant_url(&ring.roots[0], span_of("default"),
	    span_of("https://up.example.org/x"), &request, LATEST, &out);
	expect_buf(&out, "https://up.example.org/x/u/" IN_DEFAULT
			 "/AAAAAAAAAAAAAAAAAAAAAA/tr%C3%A8s%20cool.jpg");
}

static void test_reads(void **state)
{
	struct keyring ring = { 0 };
	struct grant grant;

	(void)state;
	add_root(&ring, SECRET_ONE);
	for (size_t i = 0; i < COUNT_OF(grants); i++) {
		assert_int_equal(check(&ring, grants[i].store, grants[i].token,
				     grants[i].key, NOW, &grant),
		    FAILURE_NONE);
		assert_true(grant.size == grants[i].size);
		assert_int_equal(grant.expires, LATEST);
		assert_int_equal(grant.type_len, strlen(grants[i].type));
		assert_string_equal(grant.type, grants[i].type);
	}
}

static void test_one_store_alone(void **state)
{
	static const char *const others[] = { "", "archive", "defaul",
		"default2", "Default" };
	struct keyring ring = { 0 };
	struct grant grant;

	(void)state;
	add_root(&ring, SECRET_ONE);
	for (size_t i = 0; i < COUNT_OF(others); i++)
		assert_int_equal(
		    check(&ring, others[i], IN_DEFAULT, LONG_KEY, NOW, &grant),
		    FAILURE_SLOT_INVALID);
	/* Nor does the embedded store's fit one that has a name. */
	assert_int_equal(
	    check(&ring, "default", grants[2].token, LONG_KEY, NOW, &grant),
	    FAILURE_SLOT_INVALID);
	assert_int_equal(check(&ring, "a", grants[5].token, "bc", NOW, &grant),
	    FAILURE_SLOT_INVALID);
}

static void test_time(void **state)
{
	struct keyring ring = { 0 };
	struct grant grant;

	(void)state;
	add_root(&ring, SECRET_ONE);
	assert_int_equal(
	    check(&ring, "default", IN_DEFAULT, LONG_KEY, LATEST - 1, &grant),
	    FAILURE_NONE);
	memset(&grant, 0x5a, sizeof grant);
	assert_int_equal(
	    check(&ring, "default", IN_DEFAULT, LONG_KEY, LATEST, &grant),
	    FAILURE_SLOT_EXPIRED);
	assert_int_equal(((unsigned char *)&grant)[0], 0x5a);
	/* Who forges is not told about time. */
	assert_int_equal(
	    check(&ring, "default", IN_DEFAULT, "k", LATEST, &grant),
	    FAILURE_SLOT_INVALID);
}

static void test_each_letter_counts(void **state)
{
	struct keyring ring = { 0 };
	char token[] = IN_DEFAULT;
	struct grant grant;

	(void)state;
	add_root(&ring, SECRET_ONE);
	for (size_t i = 0; token[i]; i++) {
		const char was = token[i];

		for (const char *other = "Ab0_-.=/ "; *other; other++) {
			token[i] = *other;
			if (*other != was)
				assert_int_equal(check(&ring, "default", token,
						     LONG_KEY, NOW, &grant),
				    FAILURE_SLOT_INVALID);
		}
		token[i] = was;
	}
	for (size_t len = 0; len < strlen(token); len++)
		assert_int_equal(grant_check(&ring, span_of("default"),
				     (struct span){ token, len },
				     span_of(LONG_KEY), NOW, &grant),
		    FAILURE_SLOT_INVALID);
}

static void test_rotation(void **state)
{
	struct keyring ring = { 0 };
	struct grant grant;

	(void)state;
	add_root(&ring, SECRET_ONE);
	assert_int_equal(check(&ring, "default", BY_TWO, LONG_KEY, NOW, &grant),
	    FAILURE_SLOT_INVALID);
	add_root(&ring, SECRET_TWO);
	assert_int_equal(check(&ring, "default", BY_TWO, LONG_KEY, NOW, &grant),
	    FAILURE_NONE);
	assert_int_equal(
	    check(&ring, "default", IN_DEFAULT, LONG_KEY, NOW, &grant),
	    FAILURE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_writes_urls),
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_one_store_alone),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_each_letter_counts),
		cmocka_unit_test(test_rotation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
