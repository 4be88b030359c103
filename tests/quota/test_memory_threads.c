#include "quota/fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#define THREADS 8
#define TRIES 4000

static struct quota *shared;
static atomic_int granted, wrong;
static atomic_bool go;

static void *race(void *argument)
{
	(void)argument;
	while (!atomic_load(&go))
		;
	for (int i = 0; i < TRIES; i++) {
		struct quota_charge charge =
		    charge_of("a@x", 7, 0, 7000, T0 + i);
		struct refusal because = { 0 };
		uint64_t bytes;
		enum failure failure;

		charge.domain_bytes_per_day = 100000;
		failure =
		    shared->class->take(shared, &charge, &bytes, &because);
		if (failure == FAILURE_NONE && i % 3 == 0)
			shared->class->give_back(shared, &charge);
		else if (failure == FAILURE_NONE)
			atomic_fetch_add(&granted, 1);
		else if (failure != FAILURE_QUOTA_EXCEEDED)
			atomic_fetch_add(&wrong, 1);
	}
	return NULL;
}

/* As many as fit, to the byte; what came back was free for others. */
static void test_threads_race_for_the_last_bytes(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	shared = open_quota(5000);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, race, NULL), 0);
	atomic_store(&go, true);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(wrong, 0);
	assert_int_equal(granted, 1000);
	assert_int_equal(use_of(shared, "a@x", T0 + TRIES).bytes, 7000);
	assert_int_equal(
	    use_of(shared, "example.org", T0 + TRIES).domain_bytes, 7000);
	close_quota(shared);
}

static void *crowd(void *argument)
{
	int first = *(int *)argument;

	for (int i = 0; i < TRIES; i++) {
		char name[32];
		struct quota_charge charge;
		struct refusal because = { 0 };
		uint64_t bytes;

		name_user(name, first * 100 + i % 1500);
		charge = charge_of(name, 10, 3, 100, T0 + i * SECOND);
		charge.domain_bytes_per_day = 1 << 30;
		if (!shared->class->take(shared, &charge, &bytes, &because) &&
		    i % 2)
			shared->class->give_back(shared, &charge);
		if (i % 97 == 0)
			shared->class->reset(shared, charge.user);
	}
	return NULL;
}

/* Many users in few places, from several threads: for the sanitizers,
 * and for the chains. */
static void test_threads_in_a_full_table(void **state)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];

	(void)state;
	shared = open_quota(2100);
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		assert_int_equal(
		    pthread_create(&threads[i], NULL, crowd, &numbers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_true(users_of(shared) <= 2100);
	assert_true(users_of(shared) > 1000);
	close_quota(shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads_race_for_the_last_bytes),
		cmocka_unit_test(test_threads_in_a_full_table),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
