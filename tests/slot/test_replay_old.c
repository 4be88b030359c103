#include "slot/replay_fixture.h"

/* What is too old is dropped by and by, so that no request waits for all of
 * it, and takes no room meanwhile. */
static void test_old_ones_go_by_and_by(void **state)
{
	struct replay *replay = open_table(1000, 2);
	uint32_t held, share;
	char nonce[24];

	(void)state;
	fill(replay, 0, 1000);
	fill(replay, 1, 500);
	/* At most 32 with each request, which enters one. */
	for (uint32_t i = 1; i < 10; i++) {
		snprintf(nonce, sizeof nonce, "late-%u", i);
		assert_int_equal(check(replay, 1, nonce, NOW + 301, NOW + 301),
		    FAILURE_NONE);
		assert_int_equal(replay_count(replay), 1500 - 31 * i);
	}
	/* Above its share, and more than 1000 are there. */
	assert_int_equal(
	    check(replay, 0, "late", NOW + 301, NOW + 301), FAILURE_NONE);
	assert_true(replay_count(replay) <= 1000);
	for (int i = 0; i < 32; i++)
		check(replay, 0, "late", NOW + 301, NOW + 301);
	assert_int_equal(replay_count(replay), 10);
	replay_use(replay, 0, NOW + 301, &held, &share);
	assert_int_equal(held, 1);
	assert_int_equal(share, 500);
	replay_close(replay);
}

/* The use is told without what is too old, however much that is. */
static void test_the_use_after_a_quiet_time(void **state)
{
	struct replay *replay = open_table(1000, 1);
	uint32_t held, share;

	(void)state;
	fill(replay, 0, 1000);
	replay_use(replay, 0, NOW + 300, &held, &share);
	assert_int_equal(held, 1000);
	replay_use(replay, 0, NOW + 301, &held, &share);
	assert_int_equal(held, 0);
	assert_int_equal(replay_count(replay), 0);
	replay_close(replay);
}

/* The clock is set back while some of the old ones are still there. */
static void test_a_step_back_among_old_ones(void **state)
{
	struct replay *replay = open_table(2000, 1);
	char nonce[24];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(nonce, sizeof nonce, "nonce-%d", i);
		assert_int_equal(
		    check(replay, 0, nonce, NOW + i / 100, NOW), FAILURE_NONE);
	}
	for (int i = 0; i < 5; i++) {
		snprintf(nonce, sizeof nonce, "late-%d", i);
		assert_int_equal(check(replay, 0, nonce, NOW + 400, NOW + 400),
		    FAILURE_NONE);
	}
	/* 160 are dropped: all of NOW and some of the next second. */
	assert_int_equal(replay_count(replay), 1000 - 160 + 5);
	for (int i = 0; i < 1000; i++) {
		snprintf(nonce, sizeof nonce, "nonce-%d", i);
		assert_int_equal(
		    check(replay, 0, nonce, NOW + i / 100, NOW + 50),
		    i < 200 ? FAILURE_CLOCK_SKEW : FAILURE_REPLAYED);
	}
	replay_close(replay);
}

/* Bursts and quiet times, against a plain list: a nonce may come again as soon
 * as it is too old, whether it was dropped or not. */
static void test_bursts_against_a_model(void **state)
{
	static int64_t last[3000];
	struct replay *replay = open_table(100000, 1);
	unsigned seed = 99, replayed = 0, again = 0;
	int64_t now = NOW;
	char nonce[24];

	(void)state;
	for (int i = 0; i < 60000; i++) {
		unsigned number = (seed = seed * 1103515245 + 12345) >> 16;
		int64_t ts = now + (int64_t)(number % 601) - 300;
		bool seen;

		number %= COUNT_OF(last);
		seen = last[number] && last[number] + 300 >= now;
		snprintf(nonce, sizeof nonce, "nonce-%u", number);
		assert_int_equal(check(replay, 0, nonce, ts, now),
		    seen ? FAILURE_REPLAYED : FAILURE_NONE);
		replayed += seen;
		again += !seen && last[number];
		if (!seen)
			last[number] = ts;
		if (i % 2000 == 1999)
			now += 150 * (number % 6);
	}
	assert_true(replayed > 10000 && again > 10000);
	replay_close(replay);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_old_ones_go_by_and_by),
		cmocka_unit_test(test_the_use_after_a_quiet_time),
		cmocka_unit_test(test_a_step_back_among_old_ones),
		cmocka_unit_test(test_bursts_against_a_model),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
