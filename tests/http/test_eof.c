#include "http/eof.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* As libmicrohttpd calls it. A fortified header may make another of it. */
static ssize_t (*volatile receive)(int, void *, size_t, int) = recv;

/* One end of a connection whose other end has said that no more comes. */
static int ended(void)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	close(fds[1]);
	return fds[0];
}

static void test_hidden_and_shown(void **state)
{
	int fd = ended();
	char byte;

	(void)state;
	assert_int_equal(receive(fd, &byte, 1, 0), 0);
	eof_hide(fd);
	errno = 0;
	assert_int_equal(receive(fd, &byte, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_true(eof_show(fd));
	assert_int_equal(receive(fd, &byte, 1, 0), 0);
	assert_false(eof_show(fd));
	/* Nobody has come across it. */
	eof_hide(fd);
	assert_false(eof_show(fd));
	close(fd);
}

static atomic_bool at_end;

static void *look(void *argument)
{
	int fd = *(int *)argument;
	char byte;

	while (!at_end)
		receive(fd, &byte, 1, MSG_PEEK);
	return NULL;
}

/* Who looks while it is shown leaves nothing hidden. */
static void test_two_threads(void **state)
{
	int fd = ended();
	pthread_t thread;
	char byte;

	(void)state;
	at_end = false;
	assert_int_equal(pthread_create(&thread, NULL, look, &fd), 0);
	for (int i = 0; i < 500000; i++) {
		/* For a while, so that the other thread comes across it. */
		for (int k = 0; k < 20; k++)
			eof_hide(fd);
		eof_show(fd);
		assert_int_equal(receive(fd, &byte, 1, 0), 0);
	}
	at_end = true;
	pthread_join(thread, NULL);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hidden_and_shown),
		cmocka_unit_test(test_two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
