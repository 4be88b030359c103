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

static void take_all(struct rate *rate)
{
	while (rate_take(rate, T0) == 0)
		;
}

static int left(struct rate *rate)
{
	int count = 0;

	while (rate_take(rate, T0) == 0)
		count++;
	return count;
}

/* A reload neither fills a caller's bucket nor owes more than it holds. */
static void test_resume(void **state)
{
	struct rate empty = { .per_second = 4, .burst = 8 };
	struct rate half = { .per_second = 4, .burst = 8 };
	struct rate full = { .per_second = 4, .burst = 8 };
	static const struct {
		uint32_t per_second;
		uint32_t burst;
		int left_of_empty;
		int left_of_half;
		int left_of_full;
		int64_t wait; /* of who had none */
	} vectors[] = {
		{ 4, 8, 0, 3, 8, SECOND / 4 },
		/* Another price; 5 of 8 are taken. */
		{ 1, 8, 0, 3, 8, SECOND },
		{ 1000, 8, 0, 3, 8, SECOND / 1000 },
		{ 4, 20, 12, 15, 20, SECOND / 4 },
		{ 4, 2, 0, 0, 2, SECOND / 4 },
	};

	(void)state;
	take_all(&empty);
	for (int i = 0; i < 5; i++)
		assert_int_equal(rate_take(&half, T0), 0);
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		const struct rate new = { .per_second = vectors[i].per_second,
			.burst = vectors[i].burst };
		struct rate rate = new;

		rate_resume(&rate, &empty, T0);
		assert_int_equal(left(&rate), vectors[i].left_of_empty);
		assert_int_equal(rate_look(&rate, T0), vectors[i].wait);
		rate = new;
		rate_resume(&rate, &half, T0);
		assert_int_equal(left(&rate), vectors[i].left_of_half);
		rate = new;
		rate_resume(&rate, &full, T0);
		assert_int_equal(left(&rate), vectors[i].left_of_full);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst_then_rate),
		cmocka_unit_test(test_looking_takes_nothing),
		cmocka_unit_test(test_threads_get_the_burst_once),
		cmocka_unit_test(test_resume),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
