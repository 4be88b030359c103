#include "expect.h"

#include "service/pool.h"
#include "service/clock.h"

#include <pthread.h>
#include <stdatomic.h>

#define JOBS 200
#define SECOND 1000000

static atomic_int ran, done;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void pass_gate(void *argument)
{
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	atomic_fetch_add(&ran, 1);
	assert_ptr_equal(argument, &ran);
}

static void count_done(void *argument)
{
	assert_true(atomic_load(&ran) > atomic_load(&done));
	atomic_fetch_add(&done, 1);
	(void)argument;
}

static void test_runs_every_job_once_and_waits(void **state)
{
	static struct pool_job jobs[JOBS];
	struct pool *pool = pool_open(4);

	(void)state;
	assert_non_null(pool);
	assert_true(pool_wait(pool, clock_micros()));
	pthread_mutex_lock(&gate);
	for (int i = 0; i < JOBS; i++) {
		jobs[i] = (struct pool_job){
			.run = pass_gate, .done = count_done, .argument = &ran
		};
		pool_run(pool, &jobs[i]);
	}
	/* Nothing can have passed, so it is not idle. */
	assert_false(pool_wait(pool, clock_micros() + SECOND / 100));
	assert_int_equal(atomic_load(&ran), 0);
	pthread_mutex_unlock(&gate);
	assert_true(pool_wait(pool, clock_micros() + 60 * SECOND));
	assert_int_equal(atomic_load(&ran), JOBS);
	assert_int_equal(atomic_load(&done), JOBS);
	pool_close(pool);
}

static void test_closing_runs_what_is_queued(void **state)
{
	static struct pool_job jobs[JOBS];
	struct pool *pool = pool_open(1);

	(void)state;
	atomic_store(&ran, 0);
	for (int i = 0; i < JOBS; i++) {
		jobs[i] =
		    (struct pool_job){ .run = pass_gate, .argument = &ran };
		pool_run(pool, &jobs[i]);
	}
	pool_close(pool);
	assert_int_equal(atomic_load(&ran), JOBS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs_every_job_once_and_waits),
		cmocka_unit_test(test_closing_runs_what_is_queued),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
