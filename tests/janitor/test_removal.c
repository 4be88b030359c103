#include "expect.h"

#include "janitor/removal.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A store that does as it is told, and how often it was asked. */
static struct fake {
	struct store store;
	atomic_uint asked, at_once, most_at_once;
	/* Fails so often for each object, by its number. */
	unsigned fails[2000];
	enum failure failure;
	bool meets; /* waits for others, up to REMOVAL_THREADS */
} fake;

/* Stands before the C library's; threads that may still be started. */
static unsigned threads_left = 1000;

typedef int starter(pthread_t *thread, const pthread_attr_t *attributes,
    void *(*work)(void *of), void *of);

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
    void *(*work)(void *of), void *of)
{
	starter *next = (starter *)dlsym(RTLD_NEXT, "pthread_create");

	if (!threads_left)
		return EAGAIN;
	threads_left--;
	return next(thread, attributes, work, of);
}

static int waited[64];
static atomic_uint waits;

static int64_t now(void)
{
	return 1732300000;
}

static void note_wait(const struct janitor *janitor, int milliseconds)
{
	unsigned number = atomic_fetch_add(&waits, 1);

	(void)janitor;
	if (number < sizeof waited / sizeof *waited)
		waited[number] = milliseconds;
}

static enum failure fake_remove(struct store *store, struct span key,
    int64_t time, int stop, struct buf *why)
{
	unsigned at_once = atomic_fetch_add(&fake.at_once, 1) + 1;
	unsigned most = atomic_load(&fake.most_at_once);
	uint64_t number;

	(void)stop;
	assert_ptr_equal(store, &fake.store);
	assert_int_equal(time, 1732300000);
	assert_true(span_u64(key, &number));
	atomic_fetch_add(&fake.asked, 1);
	while (most < at_once && !atomic_compare_exchange_weak(
				     &fake.most_at_once, &most, at_once))
		;
	while (fake.meets && atomic_load(&fake.most_at_once) < REMOVAL_THREADS)
		usleep(1);
	atomic_fetch_sub(&fake.at_once, 1);
	if (!fake.fails[number])
		return FAILURE_NONE;
	fake.fails[number]--;
	buf_reset(why);
	buf_text(why, "no");
	return fake.failure;
}

static const struct store_class class = { .remove = fake_remove };

static struct janitor set_up(enum failure failure)
{
	memset(&fake, 0, sizeof fake);
	fake.store.class = &class;
	fake.failure = failure;
	atomic_store(&waits, 0);
	return (struct janitor){ NULL, now, -1, note_wait };
}

/* Adds objects of these numbers; gives how many were taken. */
static unsigned add(struct removal *removal, unsigned from, unsigned to)
{
	char memory[16];
	unsigned count = 0;

	for (; from < to; from++) {
		struct buf key = buf_of(memory, sizeof memory);
		struct store_object object = { .size = 10 };

		buf_u64(&key, from);
		object.key = buf_span(&key);
		if (!removal_add(removal, &object))
			break;
		count++;
	}
	return count;
}

static void test_all_go(void **state)
{
	const struct janitor janitor = set_up(FAILURE_NONE);
	struct removal *removal = removal_open(&janitor, &fake.store);

	(void)state;
	fake.meets = true;
	assert_int_equal(add(removal, 0, 1000), 1000);
	removal_finish(removal);
	assert_int_equal(removal->removed, 1000);
	assert_int_equal(removal->bytes, 10000);
	assert_int_equal(removal->failed, 0);
	assert_string_equal(removal->why, "");
	assert_int_equal(fake.asked, 1000);
	assert_int_equal(fake.most_at_once, REMOVAL_THREADS);
	removal_close(removal);
}

static void test_another_try(void **state)
{
	const struct janitor janitor = set_up(FAILURE_UNAVAILABLE);
	struct removal *removal = removal_open(&janitor, &fake.store);

	(void)state;
	fake.fails[0] = JANITOR_TRIES - 1;
	assert_int_equal(add(removal, 0, 1), 1);
	removal_finish(removal);
	assert_int_equal(removal->removed, 1);
	assert_int_equal(waits, 4);
	assert_int_equal(waited[0], 200);
	assert_int_equal(waited[1], 400);
	assert_int_equal(waited[2], 800);
	assert_int_equal(waited[3], 1600);
	removal_close(removal);
	removal = removal_open(&janitor, &fake.store);
	fake.fails[0] = JANITOR_TRIES;
	fake.asked = 0;
	assert_int_equal(add(removal, 0, 1), 1);
	removal_finish(removal);
	assert_int_equal(removal->removed, 0);
	assert_int_equal(removal->failed, 1);
	assert_string_equal(removal->why, "0: no");
	assert_int_equal(fake.asked, 5);
	removal_close(removal);
}

static void test_a_refusal_is_final(void **state)
{
	const struct janitor janitor = set_up(FAILURE_FORBIDDEN);
	struct removal *removal = removal_open(&janitor, &fake.store);

	(void)state;
	fake.fails[1] = 1;
	assert_int_equal(add(removal, 0, 3), 3);
	removal_finish(removal);
	assert_int_equal(removal->removed, 2);
	assert_int_equal(removal->failed, 1);
	assert_int_equal(fake.asked, 3);
	assert_int_equal(waits, 0);
	removal_close(removal);
}

/* Else each of a million objects would be tried in vain. */
static void test_it_gives_up(void **state)
{
	const struct janitor janitor = set_up(FAILURE_FORBIDDEN);
	struct removal *removal = removal_open(&janitor, &fake.store);

	(void)state;
	for (unsigned i = 0; i < 2000; i++)
		fake.fails[i] = 1;
	assert_true(add(removal, 0, 2000) < 2000);
	removal_finish(removal);
	expect_between(removal->failed, REMOVAL_FAILURES,
	    REMOVAL_FAILURES + REMOVAL_THREADS);
	assert_int_equal(removal->failed, fake.asked);
	removal_close(removal);
}

static void test_it_is_stopped(void **state)
{
	struct janitor janitor = set_up(FAILURE_UNAVAILABLE);
	struct removal *removal;

	(void)state;
	janitor.stop = eventfd(1, 0);
	removal = removal_open(&janitor, &fake.store);
	assert_int_equal(add(removal, 0, 10), 0);
	removal_finish(removal);
	assert_int_equal(removal->removed, 0);
	assert_int_equal(removal->failed, 0);
	assert_int_equal(fake.asked, 0);
	removal_close(removal);
	close(janitor.stop);
}

static void test_threads_are_short(void **state)
{
	const struct janitor janitor = set_up(FAILURE_NONE);
	struct removal *removal = removal_open(&janitor, &fake.store);

	(void)state;
	threads_left = 1;
	assert_int_equal(add(removal, 0, 100), 100);
	removal_finish(removal);
	assert_int_equal(removal->removed, 100);
	assert_string_equal(removal->why, "");
	removal_close(removal);
	removal = removal_open(&janitor, &fake.store);
	assert_int_equal(add(removal, 0, 10), 0);
	removal_finish(removal);
	assert_int_equal(removal->removed, 0);
	assert_string_equal(removal->why,
	    "anything, since no thread can be started: "
	    "Resource temporarily unavailable");
	removal_close(removal);
	threads_left = 1000;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_go),
		cmocka_unit_test(test_another_try),
		cmocka_unit_test(test_a_refusal_is_final),
		cmocka_unit_test(test_it_gives_up),
		cmocka_unit_test(test_it_is_stopped),
		cmocka_unit_test(test_threads_are_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
