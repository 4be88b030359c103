#include "expect.h"

#include "slot/link.h"

#define LINE "not-a-real-key-not-a-real-key-0001"
#define OTHER "not-a-real-key-not-a-real-key-0002"
#define KEY "AAECAwQFBgcICQoLDA0ODw/cat.jpg"
#define TOKEN "jzOVQr-aniLmmI1gPSZS3g"
#define OTHER_TOKEN "V21cW4gakkSl52rg7fJ2FA"

/* By Python's hmac: each field behind its length in 8 bytes, the first 16
 * bytes of the MAC, base64.urlsafe_b64encode without padding. */
static const struct {
	const char *store;
	const char *key;
	const char *token;
} links[] = {
	{ "default", KEY, TOKEN },
	{ "archive", KEY, "2MKGrmof4aftVWkkjdELRA" },
	{ "default", "AAECAwQFBgcICQoLDA0ODw/tr\xc3\xa8s cool + 100 %.jpg",
	    "TZR1m8y_K7pzS1uY6hQmfQ" },
	{ "", "", "3UkR-dBX9HZAL-uq-MP5PA" },
	/* No byte moves from one field to the other. */
	{ "ab", "c", "fhq-QeW5cCmSyuyDgQCEMA" },
	{ "a", "bc", "5NyA4jPL7z3eWuVyVHMLjw" },
};

static void make_keyring(struct keyring *keyring, const char *text)
{
	const char *wrong;

	assert_true(keyring_read(keyring, span_of(text), &wrong));
}

static void expect_token(const struct keyring_root *root, struct span store,
    struct span key, const char *want)
{
	char memory[LINK_TOKEN + 1];
	struct buf out;

	buf_init(&out, memory, sizeof memory);
	link_token_write(root, store, key, &out);
	expect_buf(&out, want);
}

static void test_writes(void **state)
{
	(void)state;
	struct keyring keyring;
	char store[300], key[1024];

	make_keyring(&keyring, LINE "\n" OTHER);
	for (size_t i = 0; i < COUNT_OF(links); i++)
		expect_token(&keyring.roots[0], span_of(links[i].store),
		    span_of(links[i].key), links[i].token);
	/* Lengths of more than one byte. */
	memset(store, 'x', sizeof store);
	memset(key, 'k', sizeof key);
	expect_token(&keyring.roots[0], (struct span){ store, sizeof store },
	    (struct span){ key, sizeof key }, "Q81OLNlHz8LaF2mXTEcYJw");
	expect_token(
	    &keyring.roots[1], span_of("default"), span_of(KEY), OTHER_TOKEN);
	keyring_done(&keyring);
}

static bool check(
    const struct keyring *keyring, const char *token, const char *store)
{
	return link_token_check(
	    keyring, span_of(token), span_of(store), span_of(KEY));
}

static void test_checks(void **state)
{
	(void)state;
	struct keyring keyring;

	make_keyring(&keyring, LINE);
	for (size_t i = 0; i < COUNT_OF(links); i++)
		for (size_t j = 0; j < COUNT_OF(links); j++)
			assert_int_equal(i == j,
			    link_token_check(&keyring, span_of(links[i].token),
				span_of(links[j].store),
				span_of(links[j].key)));
	assert_false(check(&keyring, OTHER_TOKEN, "default"));
	keyring_done(&keyring);
}

/* A new first line: what the old one made still holds. */
static void test_rotated(void **state)
{
	(void)state;
	struct keyring keyring;

	make_keyring(&keyring, OTHER "\n" LINE);
	assert_true(check(&keyring, TOKEN, "default"));
	assert_true(check(&keyring, OTHER_TOKEN, "default"));
	assert_false(check(&keyring, TOKEN, "archive"));
	keyring_done(&keyring);
	make_keyring(&keyring, OTHER);
	assert_false(check(&keyring, TOKEN, "default"));
	keyring_done(&keyring);
}

static void test_refuses(void **state)
{
	(void)state;
	static const char *const forged[] = { "", "A", "jzOV",
		"jzOVQr-aniLmmI1gPSZS3",    /* cut */
		"jzOVQr-aniLmmI1gPSZS3gA",  /* longer */
		"jzOVQr-aniLmmI1gPSZS3gAA", /* 18 bytes */
		"jzOVQr-aniLmmI1gPSZS3g==", /* padded */
		"jzOVQr-aniLmmI1gPSZS3h",   /* the same bytes, spare bits */
		"jzOVQr+aniLmmI1gPSZS3g",   /* the other alphabet */
		"kzOVQr-aniLmmI1gPSZS3g",   /* first byte */
		"jzOVQr-aniLmmI1gPSZS3w",   /* last byte */
		"AAAAAAAAAAAAAAAAAAAAAA" };
	struct keyring keyring;

	make_keyring(&keyring, LINE);
	assert_true(check(&keyring, TOKEN, "default"));
	for (size_t i = 0; i < COUNT_OF(forged); i++)
		assert_false(check(&keyring, forged[i], "default"));
	/* Longer than any buffer. */
	char many[4096];
	memset(many, 'A', sizeof many);
	assert_false(
	    link_token_check(&keyring, (struct span){ many, sizeof many },
		span_of("default"), span_of(KEY)));
	keyring_done(&keyring);
	assert_false(check(&keyring, TOKEN, "default"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_rotated),
		cmocka_unit_test(test_refuses),
	};

	hash_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
