#include "expect.h"

#include <stdlib.h>

#include "http/crowd.h"

static const struct crowd_key key = { { 0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f,
    0x165667b19e3779f9, 0x27d4eb2f165667c5, 0x85ebca77c2b2ae63,
    0xd6e8feb86659fd93 } };

static struct crowd_entry *enter(
    struct crowd *crowd, const char *address, unsigned max)
{
	struct ip ip;

	assert_true(ip_parse(span_of(address), &ip));
	return crowd_enter(crowd, &ip, max);
}

/* Two are let in from a, and no third from b, which counts as the same. */
static void expect_same(const char *a, const char *b)
{
	struct crowd *crowd = crowd_open(16, &key);
	struct crowd_entry *first = enter(crowd, a, 2);
	struct crowd_entry *second = enter(crowd, b, 2);

	assert_non_null(first);
	assert_non_null(second);
	assert_null(enter(crowd, a, 2));
	assert_null(enter(crowd, b, 2));
	assert_int_equal(crowd_count(crowd), 1);
	crowd_leave(crowd, first);
	first = enter(crowd, b, 2);
	assert_non_null(first);
	assert_null(enter(crowd, a, 2));
	crowd_leave(crowd, first);
	crowd_leave(crowd, second);
	assert_int_equal(crowd_count(crowd), 0);
	crowd_close(crowd);
}

static void expect_different(const char *a, const char *b)
{
	struct crowd *crowd = crowd_open(16, &key);
	struct crowd_entry *first = enter(crowd, a, 1);
	struct crowd_entry *second = enter(crowd, b, 1);

	assert_non_null(first);
	assert_non_null(second);
	assert_int_equal(crowd_count(crowd), 2);
	assert_null(enter(crowd, a, 1));
	crowd_leave(crowd, first);
	assert_null(enter(crowd, b, 1));
	crowd_leave(crowd, second);
	crowd_close(crowd);
}

static void test_addresses(void **state)
{
	(void)state;
	expect_same("192.0.2.1", "192.0.2.1");
	expect_same("192.0.2.1", "::ffff:192.0.2.1");
	expect_different("192.0.2.1", "192.0.2.2");
	expect_different("192.0.2.1", "193.0.2.1");
	expect_different("192.0.2.1", "::192.0.2.1");
}

static void test_networks_of_64_bits(void **state)
{
	(void)state;
	expect_same("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff");
	expect_different("2001:db8:1:2::1", "2001:db8:1:3::1");
	expect_different("2001:db8:1:2::1", "2001:db9:1:2::1");
}

/* Of addresses that differ in one byte, from 0 on: how many get in until one
 * does not. All leave again. */
static unsigned until_full(const char *first, unsigned byte, unsigned max)
{
	struct crowd *crowd = crowd_open(16, &key);
	struct crowd_entry *entries[256];
	unsigned count = 0;
	struct ip ip;

	assert_true(ip_parse(span_of(first), &ip));
	while (count < COUNT_OF(entries)) {
		ip.bytes[byte] = (uint8_t)count;
		entries[count] = crowd_enter(crowd, &ip, max);
		if (!entries[count])
			break;
		count++;
	}
	for (unsigned i = 0; i < count; i++)
		crowd_leave(crowd, entries[i]);
	assert_int_equal(crowd_count(crowd), 0);
	crowd_close(crowd);
	return count;
}

/* A /56 has 4 times what a /64 has, a /48 16 times. */
static void test_shares_of_larger_networks(void **state)
{
	(void)state;
	assert_int_equal(until_full("2001:db8:1::1", 15, 3), 3);
	assert_int_equal(until_full("2001:db8:1::1", 7, 3), 12);
	assert_int_equal(until_full("2001:db8:1::1", 6, 3), 48);
	assert_int_equal(until_full("2001:db8:1::1", 5, 3), 256);
	assert_int_equal(until_full("2001:db8:1::1", 7, 0), 256);
	assert_int_equal(until_full("192.0.2.0", 15, 1), 256);
}

/* A full /56 takes nothing from its neighbours, nor do those without a
 * limit from it. */
static void test_networks_beside_each_other(void **state)
{
	struct crowd *crowd = crowd_open(16, &key);
	struct crowd_entry *entries[4 + 1 + 1], *proxies[100];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(proxies); i++)
		proxies[i] = enter(crowd, "2001:db8:1:9::1", 0);
	entries[0] = enter(crowd, "2001:db8:1:1::1", 1);
	entries[1] = enter(crowd, "2001:db8:1:2::1", 1);
	entries[2] = enter(crowd, "2001:db8:1:3::1", 1);
	entries[3] = enter(crowd, "2001:db8:1:ff::1", 1);
	assert_null(enter(crowd, "2001:db8:1:4::1", 1));
	entries[4] = enter(crowd, "2001:db8:1:100::1", 1);
	entries[5] = enter(crowd, "2001:db8:2:1::1", 1);
	for (size_t i = 0; i < COUNT_OF(entries); i++)
		assert_non_null(entries[i]);
	crowd_leave(crowd, entries[1]);
	entries[1] = enter(crowd, "2001:db8:1:4::1", 1);
	assert_non_null(entries[1]);
	for (size_t i = 0; i < COUNT_OF(entries); i++)
		crowd_leave(crowd, entries[i]);
	for (size_t i = 0; i < COUNT_OF(proxies); i++)
		crowd_leave(crowd, proxies[i]);
	assert_int_equal(crowd_count(crowd), 0);
	crowd_close(crowd);
}

static void test_any_number(void **state)
{
	struct crowd *crowd = crowd_open(16, &key);
	struct crowd_entry *entries[1000];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(entries); i++) {
		entries[i] = enter(crowd, "192.0.2.1", 0);
		assert_non_null(entries[i]);
	}
	/* They are counted, for a limit that comes later. */
	assert_null(enter(crowd, "192.0.2.1", 1000));
	for (size_t i = 0; i < COUNT_OF(entries); i++)
		crowd_leave(crowd, entries[i]);
	assert_int_equal(crowd_count(crowd), 0);
	crowd_close(crowd);
}

/* Who is refused leaves no entry behind. */
static void test_the_refused_leave_nothing(void **state)
{
	struct crowd *crowd = crowd_open(16, &key);
	struct crowd_entry *entry = enter(crowd, "192.0.2.1", 1);

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_null(enter(crowd, "192.0.2.1", 1));
	crowd_leave(crowd, entry);
	assert_int_equal(crowd_count(crowd), 0);
	crowd_close(crowd);
}

#define MODEL_ADDRESSES 400
#define MODEL_MAX 3
#define MODEL_STEPS 200000

/* Against plain arrays of counts, with many more addresses than chains. A
 * /56 has 8 of the addresses here, a /48 80. */
static void test_like_a_plain_count(void **state)
{
	struct crowd *crowd = crowd_open(1, &key);
	static struct crowd_entry *entries[MODEL_ADDRESSES][MODEL_MAX];
	static unsigned counts[MODEL_ADDRESSES], homes[MODEL_ADDRESSES / 8],
	    sites[MODEL_ADDRESSES / 80];
	uint32_t random = 1;

	(void)state;
	for (int step = 0; step < MODEL_STEPS; step++) {
		size_t number, home, site;
		bool full;
		struct ip ip = { { 0x20, 0x01, 0x0d, 0xb8 } };
		struct crowd_entry *entry;

		random = random * 1664525 + 1013904223;
		number = (random >> 8) % MODEL_ADDRESSES;
		home = number / 8;
		site = number / 80;
		ip.bytes[5] = (uint8_t)site;
		ip.bytes[6] = (uint8_t)home;
		ip.bytes[7] = (uint8_t)number;
		ip.bytes[15] = (uint8_t)step;
		if (random >> 31 && counts[number]) {
			crowd_leave(crowd, entries[number][--counts[number]]);
			homes[home]--;
			sites[site]--;
			continue;
		}
		full = counts[number] == MODEL_MAX ||
		       homes[home] == 4 * MODEL_MAX ||
		       sites[site] == 16 * MODEL_MAX;
		entry = crowd_enter(crowd, &ip, MODEL_MAX);
		assert_true((entry == NULL) == full);
		if (!entry)
			continue;
		entries[number][counts[number]++] = entry;
		homes[home]++;
		sites[site]++;
	}
	for (size_t i = 0; i < MODEL_ADDRESSES; i++)
		while (counts[i])
			crowd_leave(crowd, entries[i][--counts[i]]);
	assert_int_equal(crowd_count(crowd), 0);
	crowd_close(crowd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_networks_of_64_bits),
		cmocka_unit_test(test_shares_of_larger_networks),
		cmocka_unit_test(test_networks_beside_each_other),
		cmocka_unit_test(test_any_number),
		cmocka_unit_test(test_the_refused_leave_nothing),
		cmocka_unit_test(test_like_a_plain_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
