#include "expect.h"

#include "service/throttle.h"

#include <stdio.h>

static struct throttle throttle;

static struct ip ip_of(const char *text)
{
	struct ip ip;

	assert_true(ip_parse(span_of(text), &ip));
	return ip;
}

/* How many of `tries` it lets through. */
static unsigned take(const char *text, unsigned tries, int64_t now)
{
	struct ip ip = ip_of(text);
	unsigned taken = 0;

	while (tries-- > 0)
		taken += throttle_take(&throttle, &ip, now);
	return taken;
}

static const struct throttle_burst burst = { 60, 600 };

static void test_each(void **state)
{
	(void)state;
	throttle_init(&throttle, burst, 1);
	assert_int_equal(take("192.0.2.1", 1000, 5), 60);
	assert_int_equal(take("192.0.2.2", 1000, 6), 60);
	/* A /64 is one subscriber. */
	assert_int_equal(take("2001:db8::1", 40, 7), 40);
	assert_int_equal(take("2001:db8::ffff:1", 40, 7), 20);
	assert_int_equal(take("2001:db8:0:1::1", 40, 7), 40);
	/* One a second. */
	assert_int_equal(take("192.0.2.1", 9, 1000004), 0);
	assert_int_equal(take("192.0.2.1", 9, 1000005), 1);
	assert_int_equal(take("192.0.2.1", 9, 4000005), 3);
	/* And no more than at first, however long nobody came. */
	assert_int_equal(take("192.0.2.1", 100, 900000000), 60);
	throttle_done(&throttle);
}

static unsigned take_of_many(int64_t now)
{
	unsigned taken = 0;
	char text[32];

	for (int i = 0; i < 2000; i++) {
		snprintf(text, sizeof text, "10.0.%d.%d", i / 256, i % 256);
		taken += take(text, 1, now);
	}
	return taken;
}

static void test_all(void **state)
{
	(void)state;
	throttle_init(&throttle, burst, 1);
	assert_int_equal(take_of_many(100), 600);
	/* Five a second. */
	assert_int_equal(take_of_many(200099), 0);
	assert_int_equal(take_of_many(200100), 1);
	assert_int_equal(take_of_many(10200100), 50);
	assert_int_equal(take_of_many(999000000), 600);
	throttle_done(&throttle);
}

static void test_unsaid(void **state)
{
	(void)state;
	throttle_init(&throttle, burst, 1);
	assert_int_equal(throttle_unsaid(&throttle, 1, true), 0);
	take("192.0.2.1", 60, 1000);
	assert_int_equal(throttle_unsaid(&throttle, 90000000, true), 0);
	take("192.0.2.1", 3, 2000);
	take("192.0.2.1", 4, 3000);
	assert_int_equal(throttle_unsaid(&throttle, 60001999, false), 0);
	assert_int_equal(throttle_unsaid(&throttle, 60002000, false), 7);
	/* Once. */
	assert_int_equal(throttle_unsaid(&throttle, 60002000, false), 0);
	take("192.0.2.2", 62, 70000000);
	assert_int_equal(throttle_unsaid(&throttle, 70000000, false), 0);
	assert_int_equal(throttle_unsaid(&throttle, 70000000, true), 2);
	throttle_done(&throttle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_unsaid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
