#include "slot/replay_fixture.h"

static void test_once_for_each_caller(void **state)
{
	struct replay *replay = open_table(100, 2);

	(void)state;
	assert_int_equal(check(replay, 0, "nonce-one", NOW, NOW), FAILURE_NONE);
	assert_int_equal(
	    check(replay, 0, "nonce-one", NOW, NOW), FAILURE_REPLAYED);
	/* Another ts does not make it another nonce. */
	assert_int_equal(
	    check(replay, 0, "nonce-one", NOW + 5, NOW), FAILURE_REPLAYED);
	assert_int_equal(check(replay, 1, "nonce-one", NOW, NOW), FAILURE_NONE);
	assert_int_equal(check(replay, 0, "nonce-two", NOW, NOW), FAILURE_NONE);
	assert_int_equal(replay_count(replay), 3);
	replay_close(replay);
}

static void test_skew_on_both_sides(void **state)
{
	struct replay *replay = open_table(100, 1);

	(void)state;
	assert_int_equal(
	    check(replay, 0, "a", NOW - 301, NOW), FAILURE_CLOCK_SKEW);
	assert_int_equal(
	    check(replay, 0, "a", NOW + 301, NOW), FAILURE_CLOCK_SKEW);
	assert_int_equal(check(replay, 0, "a", NOW - 300, NOW), FAILURE_NONE);
	assert_int_equal(check(replay, 0, "b", NOW + 300, NOW), FAILURE_NONE);
	replay_close(replay);
}

static void test_is_kept_as_long_as_it_could_be_replayed(void **state)
{
	struct replay *replay = open_table(100, 1);

	(void)state;
	assert_int_equal(check(replay, 0, "a", NOW + 300, NOW), FAILURE_NONE);
	assert_int_equal(
	    check(replay, 0, "a", NOW + 300, NOW + 600), FAILURE_REPLAYED);
	assert_int_equal(replay_count(replay), 1);
	assert_int_equal(
	    check(replay, 0, "a", NOW + 300, NOW + 601), FAILURE_CLOCK_SKEW);
	assert_int_equal(
	    check(replay, 0, "b", NOW + 601, NOW + 601), FAILURE_NONE);
	assert_int_equal(replay_count(replay), 1);
	replay_close(replay);
}

static void test_a_clock_that_steps_back_opens_nothing(void **state)
{
	struct replay *replay = open_table(100, 1);

	(void)state;
	assert_int_equal(check(replay, 0, "old", NOW, NOW), FAILURE_NONE);
	/* A day ahead by mistake: the entry is dropped... */
	assert_int_equal(
	    check(replay, 0, "ahead", NOW + 86400, NOW + 86400), FAILURE_NONE);
	/* ...and the clock is set right again. */
	assert_int_equal(
	    check(replay, 0, "old", NOW, NOW + 10), FAILURE_CLOCK_SKEW);
	assert_int_equal(
	    check(replay, 0, "new", NOW, NOW + 10), FAILURE_CLOCK_SKEW);
	assert_int_equal(
	    check(replay, 0, "new", NOW + 1, NOW + 10), FAILURE_NONE);
	assert_int_equal(
	    check(replay, 0, "new", NOW + 1, NOW + 11), FAILURE_REPLAYED);
	replay_close(replay);
}

static void test_a_clock_that_was_ahead_fills_nothing(void **state)
{
	struct replay *replay = open_table(1000, 1);
	char nonce[24];

	(void)state;
	assert_int_equal(
	    check(replay, 0, "ahead", NOW + 31536000, NOW + 31536000),
	    FAILURE_NONE);
	for (int i = 0; i < 5000; i++) {
		snprintf(nonce, sizeof nonce, "nonce-%d", i);
		assert_int_equal(
		    check(replay, 0, nonce, NOW + i, NOW + i), FAILURE_NONE);
	}
	/* 301 seconds' worth, and the one from next year. */
	assert_int_equal(replay_count(replay), 302);
	replay_close(replay);
}

/* Two callers share 20: the first takes all of them, and the other still has
 * the 10 that it is guaranteed. */
static void test_a_full_table_is_one_callers_trouble(void **state)
{
	struct replay *replay = open_table(20, 2);

	(void)state;
	fill(replay, 0, 20);
	assert_int_equal(
	    check(replay, 0, "nonce-3", NOW, NOW), FAILURE_REPLAYED);
	fill(replay, 1, 10);
	assert_int_equal(replay_count(replay), 30);
	assert_int_equal(
	    check(replay, 0, "one-more", NOW + 301, NOW + 301), FAILURE_NONE);
	assert_int_equal(replay_count(replay), 1);
	replay_close(replay);
}

/* One busy server beside 25 idle ones, and then all of them are busy. */
static void test_a_share_is_guaranteed(void **state)
{
	struct replay *replay = open_table(2600, 26);

	(void)state;
	fill(replay, 7, 2600);
	for (uint32_t i = 0; i < 26; i++)
		if (i != 7)
			fill(replay, i, 100);
	assert_int_equal(replay_count(replay), 2600 + 25 * 100);
	replay_close(replay);
}

/* Against a plain list of what was accepted, over a clock that goes on. */
static void test_many_against_a_model(void **state)
{
	static struct {
		unsigned nonce;
		int64_t ts;
	} seen[20000];
	struct replay *replay = open_table(100000, 1);
	unsigned seed = 12345, count = 0;
	int64_t now = NOW;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		unsigned number = (seed = seed * 1103515245 + 12345) >> 16;
		int64_t ts = now + (int64_t)(number % 601) - 300;
		enum failure want = FAILURE_NONE, got;
		char nonce[24];

		number %= 4000;
		for (unsigned k = 0; k < count; k++)
			if (seen[k].nonce == number && seen[k].ts + 300 >= now)
				want = FAILURE_REPLAYED;
		snprintf(nonce, sizeof nonce, "nonce-%u", number);
		got = check(replay, 0, nonce, ts, now);
		assert_int_equal(got, want);
		if (got == FAILURE_NONE) {
			seen[count].nonce = number;
			seen[count++].ts = ts;
		}
		if (i % 3 == 0)
			now++;
	}
	assert_true(count > 1000);
	replay_close(replay);
}

/* From the first chains to more than the last, twice. */
static void test_none_is_lost_while_it_grows(void **state)
{
	struct replay *replay = open_table(40000, 1);
	int64_t now = NOW;
	char nonce[24];

	(void)state;
	for (int round = 0; round < 2; round++, now += 601) {
		for (int i = 0; i < 40000; i++) {
			snprintf(nonce, sizeof nonce, "nonce-%d", i);
			assert_int_equal(
			    check(replay, 0, nonce, now + i % 301, now),
			    FAILURE_NONE);
			snprintf(nonce, sizeof nonce, "nonce-%d", i / 2);
			assert_int_equal(check(replay, 0, nonce, now, now),
			    FAILURE_REPLAYED);
		}
		for (int i = 0; i < 40000; i++) {
			snprintf(nonce, sizeof nonce, "nonce-%d", i);
			assert_int_equal(check(replay, 0, nonce, now, now),
			    FAILURE_REPLAYED);
		}
		assert_int_equal(replay_count(replay), 40000);
	}
	replay_close(replay);
}

/* A reload: one caller more, whose entries are its own, and a share that is
 * smaller. What the others hold stays theirs, and they may go on while fewer
 * than 4 are held in all. */
static void test_a_caller_more(void **state)
{
	struct replay *replay = open_table(4, 1);

	(void)state;
	assert_int_equal(check(replay, 0, "n1", NOW, NOW), FAILURE_NONE);
	assert_int_equal(check(replay, 0, "n2", NOW, NOW), FAILURE_NONE);
	assert_int_equal(check(replay, 0, "n3", NOW, NOW), FAILURE_NONE);
	assert_int_equal(replay_caller(replay, span_of("b")), 1);
	assert_int_equal(replay_caller(replay, span_of("a")), 0);
	assert_true(replay_share(replay, 2));
	assert_int_equal(check(replay, 0, "n1", NOW, NOW), FAILURE_REPLAYED);
	assert_int_equal(check(replay, 0, "n4", NOW, NOW), FAILURE_NONE);
	assert_int_equal(check(replay, 0, "n5", NOW, NOW), FAILURE_UNAVAILABLE);
	assert_int_equal(check(replay, 1, "n1", NOW, NOW), FAILURE_NONE);
	assert_int_equal(check(replay, 1, "n2", NOW, NOW), FAILURE_NONE);
	assert_int_equal(check(replay, 1, "n3", NOW, NOW), FAILURE_UNAVAILABLE);
	assert_int_equal(replay_count(replay), 6);
	/* Even when there are more callers than entries, each has one. */
	for (char id = 'c'; id <= 'f'; id++)
		assert_int_equal(
		    replay_caller(replay, (struct span){ &id, 1 }), id - 'a');
	assert_true(replay_share(replay, 6));
	for (uint32_t i = 2; i < 6; i++) {
		assert_int_equal(
		    check(replay, i, "n1", NOW, NOW), FAILURE_NONE);
		assert_int_equal(
		    check(replay, i, "n2", NOW, NOW), FAILURE_UNAVAILABLE);
	}
	replay_close(replay);
}

static void test_for_how_long_a_clock_that_steps_back_blocks(void **state)
{
	struct replay *replay = open_table(100, 1);
	int64_t back = -1;

	(void)state;
	assert_int_equal(check(replay, 0, "a", NOW, NOW), FAILURE_NONE);
	assert_int_equal(replay_blocked(replay, NOW, &back), 0);
	/* A day ahead, for long enough that something is dropped. */
	assert_int_equal(
	    check(replay, 0, "b", NOW + 86400, NOW + 86400), FAILURE_NONE);
	assert_int_equal(
	    check(replay, 0, "c", NOW + 86701, NOW + 86701), FAILURE_NONE);
	assert_int_equal(back, -1);
	/* Set right: what has the ts NOW + 86400 was dropped, so only what is
	 * newer than that counts. */
	assert_int_equal(replay_blocked(replay, NOW + 310, &back), 86091);
	assert_int_equal(back, 86391);
	assert_int_equal(
	    check(replay, 0, "d", NOW + 310, NOW + 310), FAILURE_CLOCK_SKEW);
	assert_int_equal(replay_blocked(replay, NOW + 86400, &back), 1);
	assert_int_equal(replay_blocked(replay, NOW + 86401, &back), 0);
	assert_int_equal(
	    check(replay, 0, "e", NOW + 86401, NOW + 86401), FAILURE_NONE);
	replay_close(replay);
}

/* A moment back blocks nobody whose clock is right. */
static void test_a_small_step_back_blocks_nothing(void **state)
{
	struct replay *replay = open_table(100, 1);
	int64_t back = -1;

	(void)state;
	assert_int_equal(check(replay, 0, "a", NOW, NOW), FAILURE_NONE);
	assert_int_equal(
	    check(replay, 0, "b", NOW + 301, NOW + 301), FAILURE_NONE);
	assert_int_equal(replay_blocked(replay, NOW + 2, &back), 0);
	assert_int_equal(back, -1);
	assert_int_equal(check(replay, 0, "c", NOW + 2, NOW + 2), FAILURE_NONE);
	replay_close(replay);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once_for_each_caller),
		cmocka_unit_test(test_skew_on_both_sides),
		cmocka_unit_test(test_is_kept_as_long_as_it_could_be_replayed),
		cmocka_unit_test(test_a_clock_that_steps_back_opens_nothing),
		cmocka_unit_test(test_a_clock_that_was_ahead_fills_nothing),
		cmocka_unit_test(test_a_full_table_is_one_callers_trouble),
		cmocka_unit_test(test_a_share_is_guaranteed),
		cmocka_unit_test(test_many_against_a_model),
		cmocka_unit_test(test_none_is_lost_while_it_grows),
		cmocka_unit_test(test_a_caller_more),
		cmocka_unit_test(
		    test_for_how_long_a_clock_that_steps_back_blocks),
		cmocka_unit_test(test_a_small_step_back_blocks_nothing),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
