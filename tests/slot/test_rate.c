#include "expect.h"

#include <pthread.h>

#include "slot/rate.h"

#define T0 5000000LL /* microseconds */
#define SECOND 1000000LL

static void test_burst_then_rate(void **state)
{
	struct rate rate = { .per_second = 4, .burst = 3 };

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(rate_take(&rate, T0), 0);
	assert_int_equal(rate_take(&rate, T0), SECOND / 4);
	assert_int_equal(rate_take(&rate, T0 + SECOND / 4 - 1), 1);
	assert_int_equal(rate_take(&rate, T0 + SECOND / 4), 0);
	assert_int_equal(rate_take(&rate, T0 + SECOND / 4), SECOND / 4);
	/* Rest fills it up, and no further. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(rate_take(&rate, T0 + 100 * SECOND), 0);
	assert_int_equal(rate_take(&rate, T0 + 100 * SECOND), SECOND / 4);
}

static void test_looking_takes_nothing(void **state)
{
	struct rate rate = { .per_second = 1, .burst = 1 };

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(rate_look(&rate, T0), 0);
	assert_int_equal(rate_take(&rate, T0), 0);
	assert_int_equal(rate_look(&rate, T0), SECOND);
	assert_int_equal(rate_look(&rate, T0 + SECOND), 0);
}

static struct rate shared = { .per_second = 1, .burst = 1000 };
static atomic_int taken;

static void *race(void *argument)
{
	(void)argument;
	for (int i = 0; i < 1000; i++)
		if (rate_take(&shared, T0) == 0)
			atomic_fetch_add(&taken, 1);
	return NULL;
}

static void test_threads_get_the_burst_once(void **state)
{
	pthread_t threads[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, race, NULL), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(taken, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst_then_rate),
		cmocka_unit_test(test_looking_takes_nothing),
		cmocka_unit_test(test_threads_get_the_burst_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
