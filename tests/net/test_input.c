#include "expect.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "net/input.h"

/* Writes in pieces, which a single read(2) would give one by one. */
static void *write_pieces(void *argument)
{
	const int *fd = argument;

	for (const char *at = "pieces"; *at; at++) {
		if (write(*fd, at, 1) != 1)
			break;
		usleep(1000);
	}
	close(*fd);
	return NULL;
}

static void test_until_the_end(void **state)
{
	pthread_t thread;
	char memory[16];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(
	    pthread_create(&thread, NULL, write_pieces, &ends[1]), 0);
	assert_int_equal(input_read(ends[0], memory, sizeof memory), 6);
	assert_memory_equal(memory, "pieces", 6);
	assert_int_equal(input_read(ends[0], memory, sizeof memory), 0);
	pthread_join(thread, NULL);
	close(ends[0]);
}

static void test_no_more_than_fits(void **state)
{
	char memory[] = "....";
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "12345", 5), 5);
	assert_int_equal(input_read(ends[0], memory, 3), 3);
	assert_string_equal(memory, "123.");
	assert_int_equal(input_read(ends[0], memory, 2), 2);
	close(ends[0]);
	close(ends[1]);
}

static void test_errors(void **state)
{
	int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char memory[4];

	(void)state;
	assert_int_equal(input_read(folder, memory, sizeof memory), -1);
	assert_int_equal(errno, EISDIR);
	close(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_until_the_end),
		cmocka_unit_test(test_no_more_than_fits),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
