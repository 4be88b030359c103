#include "expect.h"

#include "http/waiting.h"

#include <sys/socket.h>
#include <unistd.h>

#define SECOND 1000000

struct pair {
	struct waiter waiter; /* has a socket, */
	int client;           /* and this is its other end */
};

static struct pair open_pair(void)
{
	struct pair pair = { .client = -1 };
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	pair.waiter.fd = fds[0];
	pair.client = fds[1];
	return pair;
}

static void close_pair(struct waiting *waiting, struct pair *pair)
{
	waiting_remove(waiting, &pair->waiter);
	close(pair->waiter.fd);
	close(pair->client);
}

static void test_the_longest_goes_first(void **state)
{
	struct pair a = open_pair(), b = open_pair(), c = open_pair();
	struct waiting waiting;

	(void)state;
	waiting_init(&waiting);
	assert_null(waiting_take(&waiting, 0));
	waiting_add(&waiting, &a.waiter, false, 1);
	waiting_add(&waiting, &b.waiter, false, 2);
	waiting_add(&waiting, &c.waiter, false, 3);
	/* It has waited anew. */
	waiting_add(&waiting, &a.waiter, false, 4);
	assert_ptr_equal(waiting_take(&waiting, 5), &b.waiter);
	waiting_remove(&waiting, &c.waiter);
	waiting_remove(&waiting, &c.waiter);
	assert_ptr_equal(waiting_take(&waiting, 5), &a.waiter);
	assert_null(waiting_take(&waiting, 5));
	/* Once taken it is never there again. */
	waiting_add(&waiting, &b.waiter, false, 6);
	assert_null(waiting_take(&waiting, 7));
	close_pair(&waiting, &a);
	close_pair(&waiting, &b);
	close_pair(&waiting, &c);
	waiting_done(&waiting);
}

static void test_what_has_come_is_looked_at(void **state)
{
	struct pair a = open_pair(), b = open_pair();
	struct waiting waiting;
	char byte;

	(void)state;
	waiting_init(&waiting);
	waiting_add(&waiting, &a.waiter, false, 1);
	assert_int_equal(write(a.client, "G", 1), 1);
	assert_null(waiting_take(&waiting, 2));
	waiting_add(&waiting, &b.waiter, false, 2);
	assert_ptr_equal(waiting_take(&waiting, 3), &b.waiter);
	assert_int_equal(read(a.waiter.fd, &byte, 1), 1);
	assert_ptr_equal(waiting_take(&waiting, 3), &a.waiter);
	close_pair(&waiting, &a);
	close_pair(&waiting, &b);
	waiting_done(&waiting);
}

static void test_a_second_after_an_answer(void **state)
{
	struct pair a = open_pair(), b = open_pair();
	struct waiting waiting;

	(void)state;
	waiting_init(&waiting);
	waiting_add(&waiting, &a.waiter, true, 10);
	assert_null(waiting_take(&waiting, SECOND + 9));
	waiting_add(&waiting, &b.waiter, false, SECOND + 9);
	assert_ptr_equal(waiting_take(&waiting, SECOND + 9), &b.waiter);
	assert_ptr_equal(waiting_take(&waiting, SECOND + 10), &a.waiter);
	close_pair(&waiting, &a);
	close_pair(&waiting, &b);
	waiting_done(&waiting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_longest_goes_first),
		cmocka_unit_test(test_what_has_come_is_looked_at),
		cmocka_unit_test(test_a_second_after_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
