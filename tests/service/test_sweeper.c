#include "store/fs_fixture.h"

#include "service/sweeper.h"
#include "service/clock.h"

#include <time.h>

#define SECOND 1000000LL

static void test_when(void **state)
{
	(void)state;
	/* A small store: as soon as a file is due. */
	assert_int_equal(sweeper_next(0, 0, 20 * SECOND), 20 * SECOND);
	assert_int_equal(
	    sweeper_next(7 * SECOND, 8 * SECOND, 50 * SECOND), 57 * SECOND);
	/* One second from 7 to 8, and 20 more. */
	assert_int_equal(
	    sweeper_next(7 * SECOND, 8 * SECOND, 20 * SECOND), 28 * SECOND);
	/* A minute, and 20 more. */
	assert_int_equal(
	    sweeper_next(0, 60 * SECOND, 50 * SECOND), 1260 * SECOND);
	assert_int_equal(sweeper_next(1, 4, 0), 64);
}

static void open_again(struct place *place, uint32_t expire_after)
{
	place_close(place);
	place->config.expire_after = expire_after;
	place_open(place);
}

/* The first sweep begins at once, and stopping does not wait for the next,
 * which is 20 seconds away at least. */
static void test_sweeps_until_stopped(void **state)
{
	const struct timespec long_ago[2] = { { 1, 0 }, { 1, 0 } };
	const struct timespec moment = { 0, 1000000 };
	struct place *place = *state;
	struct sweeper sweeper;
	int64_t until = clock_micros() + 60 * SECOND;

	open_again(place, 100);
	assert_int_equal(put(place->fs, "a/b", "x", "a/b"), 0);
	assert_int_equal(
	    utimensat(AT_FDCWD, in_store(place, "a/b"), long_ago, 0), 0);
	assert_true(sweeper_start(&sweeper, place->fs));
	while (is_there(in_store(place, "a")) && clock_micros() < until)
		nanosleep(&moment, NULL);
	assert_false(is_there(in_store(place, "a")));
	until = clock_micros() + 10 * SECOND;
	sweeper_stop(&sweeper);
	assert_true(clock_micros() < until);
}

static void test_stops_when_nothing_is_to_be_swept(void **state)
{
	struct place *place = *state;
	struct sweeper sweeper;

	open_again(place, 0);
	assert_int_equal(put(place->fs, "a/b", "x", "a/b"), 0);
	assert_true(sweeper_start(&sweeper, place->fs));
	sweeper_stop(&sweeper);
	assert_true(is_there(in_store(place, "a/b")));
}

/* A reload that gives files an end: at once, not when the next would be. */
static void test_another_configuration(void **state)
{
	const struct timespec long_ago[2] = { { 1, 0 }, { 1, 0 } };
	const struct timespec moment = { 0, 1000000 };
	struct place *place = *state;
	struct sweeper sweeper;
	char wrong[256];
	int64_t until = clock_micros() + 60 * SECOND;
	struct store *later;

	open_again(place, 0);
	assert_int_equal(put(place->fs, "a/b", "x", "a/b"), 0);
	assert_int_equal(
	    utimensat(AT_FDCWD, in_store(place, "a/b"), long_ago, 0), 0);
	assert_true(sweeper_start(&sweeper, NULL));
	sweeper_use(&sweeper, place->fs);
	place->config.expire_after = 100;
	later = fs_open_again(&place->config, place->fs, wrong, sizeof wrong);
	assert_non_null(later);
	assert_true(is_there(in_store(place, "a/b")));
	sweeper_use(&sweeper, later);
	place_close(place); /* nobody uses it any more */
	place->fs = later;
	while (is_there(in_store(place, "a")) && clock_micros() < until)
		nanosleep(&moment, NULL);
	assert_false(is_there(in_store(place, "a")));
	sweeper_stop(&sweeper);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_when),
		place_test(test_sweeps_until_stopped),
		place_test(test_stops_when_nothing_is_to_be_swept),
		place_test(test_another_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
