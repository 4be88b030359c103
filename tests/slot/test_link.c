#include "expect.h"

#include "slot/link.h"

#define LINE "not-a-real-key-not-a-real-key-0001"
#define OTHER "not-a-real-key-not-a-real-key-0002"
#define KEY "AAECAwQFBgcICQoLDA0ODw/cat.jpg"
#define TOKEN "jzOVQr-aniLmmI1gPSZS3g"
#define UP "https://up.example.org"
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

#define U_UMLAUT "\xc3\xbc"

static const struct {
	const char *link;
	const char *base;
	const char *rest; /* NULL: not below it */
} forms[] = {
	{ "https://up.example.org/f/a%20b", UP, "f/a b" },
	{ "HTTPS://Up.Example.ORG/f/a", UP, "f/a" },
	{ "https://up.example.org:443/f/a", UP, "f/a" },
	{ "https://up.example.org:/f/a", UP, "f/a" },
	{ "https://up.example.org./f/a", UP, "f/a" },
	{ "https://up.example.org/f/a", UP ":443", "f/a" },
	{ "aesgcm://up.example.org/f/a#0011", UP, "f/a" },
	{ "AESGCM://up.example.org:443/f/a#/?", UP, "f/a" },
	{ "aesgcm://localhost:8364/f/a", "http://localhost:8364", "f/a" },
	{ "aesgcm://up.example.org/a", "http://up.example.org", "a" },
	{ "https://up.example.org/f/a?X-Amz-Date=1&b#c", UP, "f/a" },
	{ " <https://up.example.org/f/a>\r\n", UP, "f/a" },
	{ "https://up.example.org/%66/tr%c3%a8s", UP, "f/tr\xc3\xa8s" },
	{ "https://up.example.org/f/tr\xc3\xa8s cool", UP,
	    "f/tr\xc3\xa8s cool" },
	{ "https://up.example.org/f%2Fa%252Fb", UP, "f/a%2Fb" },
	{ "https://up.example.org/x%79/z", UP "/x%79", "z" },
	{ "https://up.example.org/xy/z", UP "/x%79", "z" },
	{ "https://b" U_UMLAUT "cher.example/f/a",
	    "https://xn--bcher-kva.example", "f/a" },
	{ "https://XN--BCHER-KVA.example/f/a",
	    "https://b" U_UMLAUT "cher.example", "f/a" },
	{ "https://[2001:DB8:0::1]:8443/f/a", "https://[2001:db8::1]:8443",
	    "f/a" },
	{ "https://[2001:db8::1]/f/a", "https://[2001:db8::1]:443", "f/a" },
	{ "https://up.example.org/", UP, "" },
	{ "https://up.example.org", UP, NULL },
	{ "https://up.example.org?/f/a", UP, NULL },
	{ "http://up.example.org/f/a", UP, NULL },
	{ "ftp://up.example.org/f/a", UP, NULL },
	{ "up.example.org/f/a", UP, NULL },
	{ "//up.example.org/f/a", UP, NULL },
	{ "https:/up.example.org/f/a", UP, NULL },
	{ "", UP, NULL },
	{ "https://", UP, NULL },
	{ "https://up.example.org:80/f/a", UP, NULL },
	{ "https://up.example.org:4430/f/a", UP, NULL },
	{ "https://up.example.org:x/f/a", UP, NULL },
	{ "https://up.example.org.evil.example/f/a", UP, NULL },
	{ "https://up.example.org@evil.example/f/a", UP, NULL },
	{ "https://u@up.example.org/f/a", UP, NULL },
	{ "https://up.example.org/f/a%2", UP, NULL },
	{ "https://up.example.org/f/a%00b", UP, NULL },
	{ "https://up.example.org/xyz", UP "/xy", NULL },
	{ "https://up.example.org/XY/z", UP "/xy", NULL },
	{ "https://[::1/f/a", "https://[::1]", NULL },
};

static void test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		char memory[64];
		struct buf out;

		buf_init(&out, memory, sizeof memory);
		if (link_below(span_of(forms[i].link), span_of(forms[i].base),
			&out) != (forms[i].rest != NULL))
			fail_msg("%s", forms[i].link);
		expect_buf(&out, forms[i].rest ? forms[i].rest : "");
	}
}

static void test_own_files(void **state)
{
	const struct span base = span_of(UP "/x");
	char memory[64];
	struct buf out;

	(void)state;
	buf_init(&out, memory, sizeof memory);
	link_file_write(base, span_of("a b/\xc3\xa8.txt"), &out);
	expect_buf(&out, UP "/x/f/a%20b/%C3%A8.txt");
	buf_reset(&out);
	assert_true(link_file_read(
	    span_of(UP "/x/f/a%20b/%c3%A8.txt?y#z"), base, &out));
	expect_buf(&out, "a b/\xc3\xa8.txt");
	buf_reset(&out);
	assert_false(link_file_read(span_of(UP "/f/a"), base, &out));
	assert_false(link_file_read(span_of(UP "/x/u/a"), base, &out));
	assert_false(link_file_read(span_of(UP "/x/f"), base, &out));
	expect_buf(&out, "");
}

static void test_long_links(void **state)
{
	char link[LINK_PATH_MAX + 32], memory[LINK_PATH_MAX + 1];
	struct buf out;

	(void)state;
	memset(link, 'x', sizeof link);
	memcpy(link, UP "/", sizeof UP);
	buf_init(&out, memory, sizeof memory);
	assert_false(
	    link_below((struct span){ link, sizeof link }, span_of(UP), &out));
	assert_true(
	    link_below((struct span){ link, sizeof UP + LINK_PATH_MAX - 1 },
		span_of(UP), &out));
	assert_int_equal(out.len, LINK_PATH_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_rotated),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_own_files),
		cmocka_unit_test(test_long_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
