#include "expect.h"

#include "core/sip.h"

/* The hash of 0, 1, 2, ... under the key 0, 1, 2, ..., 15. The first 8 of these
 * bytes are the number. */
static void expect_hash(size_t len, const char *want)
{
	const uint8_t key[SIP_KEY] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
		13, 14, 15 };
	uint8_t hash[SIP_SIZE];
	char message[80];

	for (size_t i = 0; i < len; i++)
		message[i] = (char)i;
	sip_hash(key, 0x0706050403020100, (struct span){ message + 8, len - 8 },
	    hash);
	expect_hex(hash, sizeof hash, want);
}

/* By OpenSSL 3.0: openssl mac -macopt size:16
 * -macopt hexkey:000102030405060708090a0b0c0d0e0f SIPHASH */
static void test_known_answers(void **state)
{
	(void)state;
	expect_hash(8, "3b62a9ba6258f5610f83e264f31497b4");
	expect_hash(9, "264499060ad9baabc47f8b02bb6d71ed");
	expect_hash(15, "5493e99933b0a8117e08ec0f97cfc3d9");
	expect_hash(16, "6ee2a4ca67b054bbfd3315bf85230577");
	expect_hash(24, "2db479ae78bd50d8882a8a178a6132ad");
	expect_hash(72, "39359f50fcc6f5062508c9047f827ea2");
}

/* Neither the key nor the number can be left out. */
static void test_all_of_it_counts(void **state)
{
	const uint8_t key[SIP_KEY] = { 1 };
	uint8_t hash[SIP_SIZE], other[SIP_SIZE], last[SIP_KEY] = { 1 };

	(void)state;
	sip_hash(key, 1, span_of("nonce"), hash);
	sip_hash(key, 1ull << 63 | 1, span_of("nonce"), other);
	assert_memory_not_equal(hash, other, sizeof hash);
	last[15] = 1;
	sip_hash(last, 1, span_of("nonce"), other);
	assert_memory_not_equal(hash, other, sizeof hash);
	sip_hash(key, 1, (struct span){ "nonce", 6 }, other);
	assert_memory_not_equal(hash, other, sizeof hash);
	sip_hash(key, 1, (struct span){ NULL, 0 }, other);
	assert_memory_not_equal(hash, other, sizeof hash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_answers),
		cmocka_unit_test(test_all_of_it_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
