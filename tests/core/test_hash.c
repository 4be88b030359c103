#include "expect.h"

#include "core/hash.h"

static struct span repeat(char *memory, char c, size_t len)
{
	memset(memory, c, len);
	return (struct span){ memory, len };
}

/* FIPS 180-4's examples; 1000 times "a" by Python's hashlib. */
static void test_sha256(void **state)
{
	(void)state;
	char memory[1000];
	uint8_t digest[HASH_SIZE];

	sha256(SPAN_EMPTY, digest);
	expect_hex(digest, HASH_SIZE,
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
	sha256(span_of("abc"), digest);
	expect_hex(digest, HASH_SIZE,
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	sha256(repeat(memory, 'a', 1000), digest);
	expect_hex(digest, HASH_SIZE,
	    "41edece42d63e8d9bf515a9ba6932e1c"
	    "20cbc9f5a5d134645adb5db1b9737ea3");
}

/* RFC 1321, A.5. */
static void test_md5(void **state)
{
	(void)state;
	uint8_t digest[HASH_MD5_SIZE];

	hash_md5(SPAN_EMPTY, digest);
	expect_hex(digest, HASH_MD5_SIZE, "d41d8cd98f00b204e9800998ecf8427e");
	hash_md5(span_of("message digest"), digest);
	expect_hex(digest, HASH_MD5_SIZE, "f96b697d7cb7938d525a2f31aaf161d0");
}

/* FIPS 180's example; XEP-0114's own, example 3, whose digest is made by
 * sha1sum of its id and secret. */
static void test_sha1(void **state)
{
	(void)state;
	uint8_t digest[HASH_SHA1_SIZE];

	hash_sha1(span_of("a"), span_of("bc"), digest);
	expect_hex(
	    digest, HASH_SHA1_SIZE, "a9993e364706816aba3e25717850c26c9cd0d89d");
	hash_sha1(SPAN_EMPTY, SPAN_EMPTY, digest);
	expect_hex(
	    digest, HASH_SHA1_SIZE, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	hash_sha1(span_of("3BF96D32"), span_of("secret"), digest);
	expect_hex(
	    digest, HASH_SHA1_SIZE, "b09ea9b3b7f586be8a08d0a3dd7466f110aeb136");
}

static void test_in_pieces(void **state)
{
	(void)state;
	char memory[1000];
	struct span rest = repeat(memory, 'a', 1000);
	uint8_t digest[HASH_SIZE];
	struct hash hash;

	hash_init(&hash);
	for (size_t step = 0; rest.len > 0; step++) {
		hash_update(&hash, span_first(rest, step));
		rest = span_from(rest, step);
	}
	hash_update(&hash, (struct span){ NULL, 0 });
	hash_final(&hash, digest);
	expect_hex(digest, HASH_SIZE,
	    "41edece42d63e8d9bf515a9ba6932e1c"
	    "20cbc9f5a5d134645adb5db1b9737ea3");
	for (size_t i = 0; i < sizeof(hash.state); i++)
		assert_int_equal(hash.state[i], 0);
}

static void expect_hmac(
    struct span secret, struct span message, const char *want)
{
	struct hmac_key key;
	uint8_t mac[HASH_SIZE];

	hmac_key_init(&key, secret);
	hmac(&key, message, mac);
	expect_hex(mac, HASH_SIZE, want);
	hmac_key_done(&key);
}

/* RFC 4231: test cases 1, 2, 3, 6 and 7. */
static void test_rfc4231(void **state)
{
	(void)state;
	char key[131];
	char data[50];

	expect_hmac(repeat(key, '\x0b', 20), span_of("Hi There"),
	    "b0344c61d8db38535ca8afceaf0bf12b"
	    "881dc200c9833da726e9376c2e32cff7");
	expect_hmac(span_of("Jefe"), span_of("what do ya want for nothing?"),
	    "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843");
	expect_hmac(repeat(key, '\xaa', 20), repeat(data, '\xdd', 50),
	    "773ea91e36800e46854db8ebd09181a7"
	    "2959098b3ef8c122d9635514ced565fe");
	expect_hmac(repeat(key, '\xaa', 131),
	    span_of("Test Using Larger Than Block-Size Key - "
		    "Hash Key First"),
	    "60e431591ee0b67f0d8a26aacbf5b77f"
	    "8e0bc6213728c5140546040f0ee37f54");
	expect_hmac(repeat(key, '\xaa', 131),
	    span_of("This is a test using a larger than block-size key and a "
		    "larger than block-size data. The key needs to be hashed "
		    "before being used by the HMAC algorithm."),
	    "9b09ffa71b942fcb27635fbcd5b0e944"
	    "bfdc63644f0713938a7f51535c3a35e2");
}

/* On both sides of the block size; by Python's hmac. */
static void test_key_lengths(void **state)
{
	(void)state;
	char key[65];

	expect_hmac(repeat(key, 'k', 63), span_of("Hi There"),
	    "c8ad594e39caad68d6e52d3d9bd1e64e"
	    "7b0cd89529012d5e491da4f44ec07fe4");
	expect_hmac(repeat(key, 'k', 64), span_of("Hi There"),
	    "5869e1671d6aa2838f1028b78343e7ee"
	    "54efe2c036d66bdb25451fcd74beca6e");
	expect_hmac(repeat(key, 'k', 65), span_of("Hi There"),
	    "a64d953034c2c752115ac1fec7be993f"
	    "a739388556f1dc64cf82582f8d7d251c");
}

static void test_drop(void **state)
{
	(void)state;
	struct hash hash;

	hash_init(&hash);
	hash_update(&hash, span_of("secret"));
	hash_drop(&hash);
	for (size_t i = 0; i < sizeof(hash.state); i++)
		assert_int_equal(hash.state[i], 0);
}

/* 1300 times "a" in parts that are joined, that are not, and that just fit
 * what is joined; by Python's hmac. */
static void test_parts(void **state)
{
	(void)state;
	static const size_t lengths[][4] = {
		{ 1300, 0, 0, 0 },
		{ 1, 1298, 1, 0 },
		{ 512, 512, 276, 0 },
		{ 511, 1, 0, 788 },
		{ 100, 413, 512, 275 },
		{ 100, 513, 412, 275 },
	};
	char memory[1300];
	struct hmac_key key;
	uint8_t mac[HASH_SIZE];

	hmac_key_init(&key, span_of("Jefe"));
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		struct span rest = repeat(memory, 'a', sizeof(memory));
		struct span parts[4];
		for (size_t n = 0; n < 4; n++) {
			parts[n] = span_first(rest, lengths[i][n]);
			rest = span_from(rest, lengths[i][n]);
		}
		assert_int_equal(rest.len, 0);
		hmac_parts(&key, parts, 4, mac);
		expect_hex(mac, HASH_SIZE,
		    "b1cdd1c0431e1a5a7c6df1cb8a6900a5"
		    "c34f04738c3bf5065ac6e7a64f57d324");
	}
	hmac_parts(&key, NULL, 0, mac);
	expect_hex(mac, HASH_SIZE,
	    "923598ca6d64af2a5dba79dcd021a8a0"
	    "fe5c5f557519adaaf0ad532d4506dd30");
	hmac_key_done(&key);
}

static void test_key_serves_many(void **state)
{
	(void)state;
	struct hmac_key key;
	struct hash one;
	struct hash two;
	uint8_t mac[HASH_SIZE];
	static const char want[] = "5bdcc146bf60754e6a042426089575c7"
				   "5a003f089d2739839dec58b964ec3843";

	hmac_key_init(&key, span_of("Jefe"));
	hmac_begin(&key, &one);
	hmac_begin(&key, &two);
	hash_update(&one, span_of("what do ya "));
	hash_update(&two, span_of("something else"));
	hash_update(&one, span_of("want for nothing?"));
	hmac_end(&key, &two, mac);
	hmac_end(&key, &one, mac);
	expect_hex(mac, HASH_SIZE, want);
	hmac(&key, span_of("what do ya want for nothing?"), mac);
	expect_hex(mac, HASH_SIZE, want);
	hmac_key_done(&key);
	for (size_t i = 0; i < sizeof(key); i++)
		assert_int_equal(((unsigned char *)&key)[i], 0);
}

static void test_equal_and_wipe(void **state)
{
	(void)state;
	char memory[] = "secret";

	assert_true(equal_constant_time("abcd", "abcd", 4));
	assert_true(equal_constant_time("abcd", "abxx", 2));
	assert_true(equal_constant_time("a", "b", 0));
	assert_false(equal_constant_time("abcd", "abce", 4));
	assert_false(equal_constant_time("abcd", "Abcd", 4));
	assert_false(equal_constant_time("a\x80", "a\0", 2));
	wipe(memory, 6);
	assert_memory_equal(memory, "\0\0\0\0\0\0", 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_md5),
		cmocka_unit_test(test_sha1),
		cmocka_unit_test(test_in_pieces),
		cmocka_unit_test(test_rfc4231),
		cmocka_unit_test(test_key_lengths),
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_key_serves_many),
		cmocka_unit_test(test_equal_and_wipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
