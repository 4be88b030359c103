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

static void open_again(struct place *place, bool has_until)
{
	place_close(place);
	place->config.has_until = has_until;
	place_open(place);
}

/* A file whose time is over, as its key tells. */
#define PAST "20241122T182640Z/b"

static void put_past(const struct place *place)
{
	assert_int_equal(put(place->fs, PAST, "x", "a/b"), 0);
}

/* The first sweep begins at once, and stopping does not wait for the next,
 * which is 20 seconds away at least. */
static void test_sweeps_until_stopped(void **state)
{
	const struct timespec moment = { 0, 1000000 };
	struct place *place = *state;
	struct sweeper sweeper;
	int64_t until = clock_micros() + 60 * SECOND;

	open_again(place, true);
	put_past(place);
	assert_true(sweeper_start(&sweeper, place->fs));
	while (is_there(in_store(place, "20241122T182640Z")) &&
	       clock_micros() < until)
		nanosleep(&moment, NULL);
	assert_false(is_there(in_store(place, "20241122T182640Z")));
	until = clock_micros() + 10 * SECOND;
	sweeper_stop(&sweeper);
	assert_true(clock_micros() < until);
}

static void test_stops_when_nothing_is_to_be_swept(void **state)
{
	struct place *place = *state;
	struct sweeper sweeper;

	open_again(place, false);
	put_past(place);
	assert_true(sweeper_start(&sweeper, place->fs));
	sweeper_stop(&sweeper);
	assert_true(is_there(in_store(place, PAST)));
}

/* A reload that gives files an end: at once, not when the next would be. */
static void test_another_configuration(void **state)
{
	const struct timespec moment = { 0, 1000000 };
	struct place *place = *state;
	struct sweeper sweeper;
	char wrong[256];
	int64_t until = clock_micros() + 60 * SECOND;
	struct store *later;

	open_again(place, false);
	put_past(place);
	assert_true(sweeper_start(&sweeper, NULL));
	sweeper_use(&sweeper, place->fs);
	place->config.has_until = true;
	later = fs_open_again(&place->config, place->fs, wrong, sizeof wrong);
	assert_non_null(later);
	later->template = &place->template;
	assert_true(is_there(in_store(place, PAST)));
	sweeper_use(&sweeper, later);
	place_close(place); /* nobody uses it any more */
	place->fs = later;
	while (is_there(in_store(place, "20241122T182640Z")) &&
	       clock_micros() < until)
		nanosleep(&moment, NULL);
	assert_false(is_there(in_store(place, "20241122T182640Z")));
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
