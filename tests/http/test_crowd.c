#include "expect.h"

#include <stdlib.h>

#include "http/crowd.h"

static const struct crowd_key key = { { 0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f,
    0x165667b19e3779f9, 0x27d4eb2f165667c5, 0x85ebca77c2b2ae63 } };

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

/* Against a plain array of counts, with many more addresses than chains. */
static void test_like_a_plain_count(void **state)
{
	struct crowd *crowd = crowd_open(1, &key);
	static struct crowd_entry *entries[MODEL_ADDRESSES][MODEL_MAX];
	static unsigned counts[MODEL_ADDRESSES];
	uint32_t random = 1;

	(void)state;
	for (int step = 0; step < MODEL_STEPS; step++) {
		size_t number;
		bool full;
		struct ip ip = { { 0x20, 0x01, 0x0d, 0xb8 } };
		struct crowd_entry *entry;

		random = random * 1664525 + 1013904223;
		number = (random >> 8) % MODEL_ADDRESSES;
		ip.bytes[6] = (uint8_t)(number >> 8);
		ip.bytes[7] = (uint8_t)number;
		ip.bytes[15] = (uint8_t)step;
		if (random >> 31 && counts[number]) {
			crowd_leave(crowd, entries[number][--counts[number]]);
			continue;
		}
		full = counts[number] == MODEL_MAX;
		entry = crowd_enter(crowd, &ip, MODEL_MAX);
		assert_true((entry == NULL) == full);
		if (entry)
			entries[number][counts[number]++] = entry;
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
		cmocka_unit_test(test_any_number),
		cmocka_unit_test(test_the_refused_leave_nothing),
		cmocka_unit_test(test_like_a_plain_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
