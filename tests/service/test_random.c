#include "expect.h"

#include "service/random.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_uint calls;
static uint8_t *batch; /* where the last bytes were written */

/* Instead of the system's: call number n gives 0, 1, 2, ..., with n as each
 * 16th byte. Calls with flags are the sanitizers' own. */
ssize_t getrandom(void *bytes, size_t len, unsigned flags)
{
	unsigned call;

	if (flags)
		return syscall(SYS_getrandom, bytes, len, flags);
	call = ++calls;
	assert_true(len <= 256);
	batch = bytes;
	for (size_t i = 0; i < len; i++)
		batch[i] = (uint8_t)(i % 16 ? i : call);
	return (ssize_t)len;
}

static void expect_slot(unsigned call, unsigned number)
{
	uint8_t got[16], want[16];

	for (unsigned i = 0; i < 16; i++)
		want[i] = (uint8_t)(i ? 16 * number + i : call);
	random_bytes(got, sizeof got);
	assert_memory_equal(got, want, sizeof got);
}

/* Each byte is given once, and wiped: 16 slots with one call. */
static void test_batches(void **state)
{
	const unsigned before = calls;
	uint8_t big[256];

	(void)state;
	random_bytes(big, sizeof big); /* whatever was left before */
	assert_int_equal(calls, before + 1);
	for (unsigned i = 0; i < 256; i++)
		assert_int_equal(batch[i], 0);
	for (unsigned number = 0; number < 16; number++) {
		expect_slot(before + 2, number);
		for (unsigned i = 0; i < 16 * (number + 1); i++)
			assert_int_equal(batch[i], 0);
	}
	assert_int_equal(calls, before + 2);
	expect_slot(before + 3, 0);
	assert_int_equal(calls, before + 3);
}

/* What is left of a batch is not used for a part of the bytes. */
static void test_the_rest_is_too_small(void **state)
{
	const unsigned before = calls;
	uint8_t big[256], got[3];

	(void)state;
	random_bytes(big, 256);
	random_bytes(big, 255);
	assert_int_equal(calls, before + 2);
	random_bytes(got, 3);
	assert_int_equal(calls, before + 3);
	assert_int_equal(got[0], before + 3);
	assert_int_equal(got[1], 1);
	assert_int_equal(got[2], 2);
}

/* A child that went on with its parent's bytes would give the same slots. */
static void test_a_child_starts_afresh(void **state)
{
	const unsigned before = calls;
	uint8_t big[256];
	int status;
	pid_t child;

	(void)state;
	random_bytes(big, 256);
	expect_slot(before + 2, 0);
	child = fork();
	if (child == 0) {
		uint8_t got[16];
		bool wiped = true;

		for (unsigned i = 0; i < 256; i++)
			wiped = wiped && batch[i] == 0;
		random_bytes(got, sizeof got);
		_exit(wiped && calls == before + 3 && got[0] == before + 3 &&
			      got[15] == 15
			  ? 0
			  : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	expect_slot(before + 2, 1);
	assert_int_equal(calls, before + 2);
}

static void *take(void *ret_got)
{
	random_bytes(ret_got, 16);
	return NULL;
}

static void test_each_thread_has_its_own(void **state)
{
	const unsigned before = calls;
	uint8_t big[256], got[16];
	pthread_t thread;

	(void)state;
	random_bytes(big, 256);
	expect_slot(before + 2, 0);
	assert_int_equal(pthread_create(&thread, NULL, take, got), 0);
	pthread_join(thread, NULL);
	assert_int_equal(got[0], before + 3);
	expect_slot(before + 2, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_the_rest_is_too_small),
		cmocka_unit_test(test_a_child_starts_afresh),
		cmocka_unit_test(test_each_thread_has_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
