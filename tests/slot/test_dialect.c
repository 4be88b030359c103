#include "expect.h"

#include "slot/dialect.h"

#include <string.h>

/* The MACs are by openssl dgst -sha256 -hmac SECRET, and by Python's hmac. */

#define FIRST "not-a-real-secret-01"
#define SECOND "not-a-real-secret-02"
#define PATH "uuid/file name.jpg"

#define V1 "3d8f5ae39c81a6555ed4e6b9f4aa23c4769b43f20a2c235e7f0488309788d073"
#define V1_SECOND                                                              \
	"386717ca7287006fb6d838aaefeedeb701b19bfbe562db3635313f60b4839981"
#define V2 "ff4ce79434e38b6860e69cdf9e587af0455e4df0b7093b9b90d635edf63c19b2"
#define V2_SECOND                                                              \
	"49c8917b699eda1ee71feec06d640e2957c8df30ee7d0b6c9542872fa6f829f4"
/* Of application/octet-stream. */
#define V2_UNKNOWN                                                             \
	"a6c377bd58126d58d022ec981c85a3a0372409dedf598eb9cb4135c65edcba02"
/* With blanks in place of the NULs. */
#define V2_BLANKS                                                              \
	"be2d58a3d10becf312005c2c9576e3dd39c50644e754a6b6bf4ee69ff3616f5a"

static struct caller caller;

static int open_caller(void **state)
{
	(void)state;
	caller.base = span_of("/share/");
	caller.secret_count = 2;
	hmac_key_init(&caller.secrets[0], span_of(FIRST));
	hmac_key_init(&caller.secrets[1], span_of(SECOND));
	return 0;
}

static bool right(enum dialect dialect, const char *path, uint64_t size,
    const char *type, const char *mac)
{
	const struct dialect_upload upload = { span_of(path), size,
		span_of(type) };

	caller.dialect = dialect;
	return dialect_mac_right(&caller, &upload, span_of(mac));
}

static void test_dialects(void **state)
{
	(void)state;
	assert_false(dialect_makes_urls(DIALECT_SLOTD));
	assert_false(dialect_makes_urls(DIALECT_EJABBERD));
	assert_true(dialect_makes_urls(DIALECT_EXTERNAL_V1));
	assert_true(dialect_makes_urls(DIALECT_EXTERNAL_V2));
	assert_true(dialect_makes_urls(DIALECT_TOKEN));
	assert_true(dialect_makes_urls(DIALECT_JWT));
	assert_string_equal(dialect_parameter(DIALECT_EXTERNAL_V1), "v");
	assert_string_equal(dialect_parameter(DIALECT_EXTERNAL_V2), "v2");
	assert_string_equal(dialect_parameter(DIALECT_TOKEN), "token");
	assert_null(dialect_parameter(DIALECT_JWT));
}

static void test_v1(void **state)
{
	const enum dialect v1 = DIALECT_EXTERNAL_V1;

	(void)state;
	assert_true(right(v1, PATH, 12345, "image/jpeg", V1));
	/* The type is not in it. */
	assert_true(right(v1, PATH, 12345, NULL, V1));
	assert_true(right(v1,
	    "1d/Gr\xc3\xbc\xc3\x9f"
	    "e +%.jpg",
	    0, NULL,
	    "b740b862ecd05040589a7622c8058afaafd97e957f9fb5049abe6a875015071"
	    "1"));
	assert_true(right(v1, "a/b", UINT64_MAX, NULL,
	    "5ecdebcdee3057ba5df35f88789d05e5c76a1970cef831811f16e44fd8c27a1"
	    "b"));
	assert_false(right(v1, PATH, 12346, NULL, V1));
	assert_false(right(v1, PATH, 1234, NULL, V1));
	assert_false(right(v1, "uuid/file name.jpe", 12345, NULL, V1));
	assert_false(right(v1, "uuid/file", 12345, NULL, V1));
	assert_false(right(v1, "/uuid/file name.jpg", 12345, NULL, V1));
	assert_false(right(v1, PATH, 12345, "image/jpeg", V2));
}

static void test_v2_and_token(void **state)
{
	static const enum dialect dialects[] = { DIALECT_EXTERNAL_V2,
		DIALECT_TOKEN };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(dialects); i++) {
		enum dialect d = dialects[i];

		assert_true(right(d, PATH, 12345, "image/jpeg", V2));
		assert_false(right(d, PATH, 12345, "image/png", V2));
		assert_false(right(d, PATH, 12345, NULL, V2));
		assert_false(right(d, PATH, 12346, "image/jpeg", V2));
		assert_false(
		    right(d, "uuid/file name.jp", 12345, "image/jpeg", V2));
		assert_false(right(d, PATH, 12345, "image/jpeg", V2_BLANKS));
		assert_false(right(d, PATH, 12345, "image/jpeg", V1));
		assert_true(right(d, PATH, 12345, NULL, V2_UNKNOWN));
		assert_true(right(d, PATH, 12345, "", V2_UNKNOWN));
		assert_true(right(
		    d, PATH, 12345, "application/octet-stream", V2_UNKNOWN));
	}
}

static void test_two_secrets(void **state)
{
	(void)state;
	assert_true(right(DIALECT_EXTERNAL_V1, PATH, 12345, NULL, V1_SECOND));
	assert_true(
	    right(DIALECT_EXTERNAL_V2, PATH, 12345, "image/jpeg", V2_SECOND));
	caller.secret_count = 1;
	assert_false(right(DIALECT_EXTERNAL_V1, PATH, 12345, NULL, V1_SECOND));
	assert_false(
	    right(DIALECT_EXTERNAL_V2, PATH, 12345, "image/jpeg", V2_SECOND));
	assert_true(right(DIALECT_EXTERNAL_V1, PATH, 12345, NULL, V1));
	caller.secret_count = 2;
}

static void test_malformed_macs(void **state)
{
	char mac[] = V1;

	(void)state;
	assert_false(right(DIALECT_EXTERNAL_V1, PATH, 12345, NULL, NULL));
	assert_false(right(DIALECT_EXTERNAL_V1, PATH, 12345, NULL, "0"));
	assert_false(right(DIALECT_EXTERNAL_V1, PATH, 12345, NULL, V1 "0"));
	assert_false(right(DIALECT_EXTERNAL_V1, PATH, 12345, NULL, V1 "00"));
	assert_false(right(DIALECT_EXTERNAL_V1, PATH, 12345, NULL, V1 " "));
	for (size_t i = 0; i < 64; i++) {
		char was = mac[i];

		mac[i] = was == '0' ? '1' : '0';
		assert_false(
		    right(DIALECT_EXTERNAL_V1, PATH, 12345, NULL, mac));
		mac[i] = was;
	}
	mac[1] = 'D'; /* upper case */
	assert_false(right(DIALECT_EXTERNAL_V1, PATH, 12345, NULL, mac));
	mac[64 - 2] = '\0';
	assert_false(right(DIALECT_EXTERNAL_V1, PATH, 12345, NULL, mac));
}

static void test_signatures(void **state)
{
	static const char first[] =
	    "9937939d06f203e30e936e1bc7d6d1bc6e7e69b9bd9cf956285d7a94b0ce3f9b";
	static const char second[] =
	    "cdf1915b55d83075800164bcbd1a4a1796ab6c77ec48188ed6ad765095584a9a";
	const struct span text = span_of("header.payload");
	uint8_t signature[HASH_SIZE];

	(void)state;
	assert_true(hex_decode(span_of(first), HASH_SIZE, signature));
	assert_true(dialect_signature_right(&caller, text, signature));
	assert_false(dialect_signature_right(
	    &caller, span_of("header.payloae"), signature));
	signature[31] ^= 1;
	assert_false(dialect_signature_right(&caller, text, signature));
	assert_true(hex_decode(span_of(second), HASH_SIZE, signature));
	assert_true(dialect_signature_right(&caller, text, signature));
	caller.secret_count = 1;
	assert_false(dialect_signature_right(&caller, text, signature));
	caller.secret_count = 2;
}

/* --- keys -----------------------------------------------------------------*/

static void expect_key(
    const char *path, const char *want, const char *want_name)
{
	char memory[1025];
	struct span name;
	struct buf key;

	buf_init(&key, memory, sizeof memory);
	if (!dialect_key(&caller, span_of(path), &key, &name))
		fail_msg("refused: %s", path);
	expect_buf(&key, want);
	expect_span(name, want_name);
}

static void refused(struct span path)
{
	char memory[1025];
	struct span name = { NULL, 77 };
	struct buf key;

	buf_init(&key, memory, sizeof memory);
	if (dialect_key(&caller, path, &key, &name))
		fail_msg("taken: %.*s", (int)path.len, path.at);
}

static void test_keys(void **state)
{
	(void)state;
	expect_key("abc/a b.png", "share/abc/a b.png", "a b.png");
	expect_key("a/b/c", "share/a/b/c", "c");
	expect_key("a b/c~d.%+", "share/a b/c~d.%+", "c~d.%+");
	expect_key("\xc3\xa9/\xc3\xa9", "share/\xc3\xa9/\xc3\xa9", "\xc3\xa9");
	caller.base = span_of("/a/b-1/");
	expect_key("x/y", "a/b-1/x/y", "y");
	caller.base = span_of("/share/");
}

/* Names are made safe as those of slots: written out by hand. */
static void test_names(void **state)
{
	(void)state;
	expect_key("id/..", "share/id/file", "file");
	expect_key("id/.", "share/id/file", "file");
	expect_key("id/.htaccess", "share/id/htaccess", "htaccess");
	expect_key("id/ a ", "share/id/a", "a");
	expect_key("id/C:\\a\\b.txt", "share/id/b.txt", "b.txt");
	expect_key("id/a\nb\x7f.txt", "share/id/ab.txt", "ab.txt");
	/* U+202E, which turns what follows */
	expect_key("id/\xe2\x80\xaegpj.exe", "share/id/gpj.exe", "gpj.exe");
}

static void test_long_names(void **state)
{
	char path[4 + 300 + 1] = "id/", want[9 + 200 + 1] = "share/id/";

	(void)state;
	memset(path + 3, 'n', 300);
	memset(want + 9, 'n', 200);
	memcpy(path + 3 + 296, ".jpg", 5);
	memcpy(want + 9 + 196, ".jpg", 5);
	expect_key(path, want, want + 9);
}

static void test_hostile_paths(void **state)
{
	static const char *const paths[] = { "", "/", "//", "a", "..", ".",
		"/a", "a/", "a/b/", "../a", "../../etc/passwd", "a/../b",
		"a/./b", "a/..b/c", ".x/a", ".key/a", "./a", "a//b", "//a",
		"/a/b", "a/b//c", "\xff/a", "a/\xff", "\xc3/a", "a/\xc3",
		"\xed\xa0\x80/a" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(paths); i++)
		refused(span_of(paths[i]));
	refused((struct span){ "a/b\0c", 5 });
	refused((struct span){ "a\0b/c", 5 });
	refused((struct span){ "a/\0", 3 });
	refused((struct span){ NULL, 0 });
}

static void test_long_folders(void **state)
{
	char path[2048], want[2048] = "share/";

	(void)state;
	memset(path, 'f', 256);
	memcpy(path + 255, "/n", 3);
	memcpy(want + 6, path, 258);
	expect_key(path, want, "n");
	memset(path, 'f', 256);
	memcpy(path + 256, "/n", 3);
	refused(span_of(path));
	memcpy(path, "a/", 2);
	memset(path + 2, 'f', 256);
	memcpy(path + 258, "/n", 3);
	refused(span_of(path));
}

static void test_full_key(void **state)
{
	char memory[6 + 3 + 1 + 4];
	struct span name;
	struct buf key;

	(void)state;
	buf_init(&key, memory, sizeof memory);
	assert_true(dialect_key(&caller, span_of("abc/xyz"), &key, &name));
	expect_buf(&key, "share/abc/xyz");
	buf_init(&key, memory, sizeof memory);
	assert_false(dialect_key(&caller, span_of("abc/wxyz"), &key, &name));
	buf_init(&key, memory, sizeof memory);
	assert_false(dialect_key(&caller, span_of("abcdefghi/x"), &key, &name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialects),
		cmocka_unit_test(test_v1),
		cmocka_unit_test(test_v2_and_token),
		cmocka_unit_test(test_two_secrets),
		cmocka_unit_test(test_malformed_macs),
		cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_hostile_paths),
		cmocka_unit_test(test_long_folders),
		cmocka_unit_test(test_full_key),
	};

	return cmocka_run_group_tests(tests, open_caller, NULL);
}
