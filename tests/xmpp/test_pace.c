#include "expect.h"

#include "xmpp/pace.h"

#define S PACE_SECOND

static void a_quiet_stream(void **state)
{
	struct pace pace;
	int64_t next;

	(void)state;
	pace_begin(&pace, 1000 * S);
	assert_int_equal(pace_due(&pace, 1000 * S, &next), PACE_NOTHING);
	assert_int_equal(next, 1060 * S);
	assert_int_equal(pace_due(&pace, 1060 * S - 1, &next), PACE_NOTHING);
	assert_int_equal(pace_due(&pace, 1060 * S, &next), PACE_SEND_BLANK);
	pace_sent(&pace, 1060 * S);
	assert_int_equal(pace_due(&pace, 1061 * S, &next), PACE_NOTHING);
	assert_int_equal(next, 1120 * S);
	assert_int_equal(pace_due(&pace, 1120 * S, &next), PACE_SEND_PING);
	pace_sent(&pace, 1120 * S);
	assert_int_equal(next, 1150 * S);
	assert_int_equal(pace_due(&pace, 1149 * S, &next), PACE_NOTHING);
	assert_int_equal(next, 1150 * S);
	assert_int_equal(pace_due(&pace, 1150 * S, &next), PACE_END);
}

static void anything_that_comes_is_an_answer(void **state)
{
	struct pace pace;
	int64_t next;

	(void)state;
	pace_begin(&pace, 0);
	assert_int_equal(pace_due(&pace, 120 * S, &next), PACE_SEND_PING);
	pace_sent(&pace, 120 * S);
	pace_heard(&pace, 149 * S);
	assert_int_equal(pace_due(&pace, 150 * S, &next), PACE_NOTHING);
	assert_int_equal(next, 180 * S);
	pace_sent(&pace, 180 * S);
	pace_sent(&pace, 240 * S);
	assert_int_equal(pace_due(&pace, 268 * S, &next), PACE_NOTHING);
	assert_int_equal(pace_due(&pace, 269 * S, &next), PACE_SEND_PING);
}

static void waits_grow(void **state)
{
	static const int64_t most[] = { 2, 4, 8, 16, 32, 60, 60 };
	int64_t least = 0, longest = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(most); i++) {
		assert_int_equal(
		    pace_wait(&least, 0, false, 0), most[i] * S / 2);
		/* The largest remainder. */
		assert_int_equal(
		    pace_wait(&longest, 0, false, (uint32_t)(most[i] * S / 2)),
		    most[i] * S);
	}
}

static void a_long_life_resets_them(void **state)
{
	int64_t backoff = 0;

	(void)state;
	for (int i = 0; i < 9; i++)
		pace_wait(&backoff, 9 * S, false, 0);
	assert_int_equal(pace_wait(&backoff, 10 * S - 1, false, 0), 30 * S);
	assert_int_equal(pace_wait(&backoff, 10 * S, false, 0), S);
	assert_int_equal(pace_wait(&backoff, 0, false, 0), 2 * S);
}

static void a_conflict_waits(void **state)
{
	int64_t backoff = 0;

	(void)state;
	assert_int_equal(pace_wait(&backoff, 0, true, 0), 60 * S);
	assert_int_equal(pace_wait(&backoff, 100 * S, true, 7), 60 * S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quiet_stream),
		cmocka_unit_test(anything_that_comes_is_an_answer),
		cmocka_unit_test(waits_grow),
		cmocka_unit_test(a_long_life_resets_them),
		cmocka_unit_test(a_conflict_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
