#include "expect.h"

#include "http/reaper.h"
#include "service/clock.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECOND 1000000
#define MANY (4 << 20)

/* Another's end is closed at once, yet all that is written is taken, and
 * the end of the file is seen. */
static void test_reads_on_after_the_owner_has_closed(void **state)
{
	struct reaper *reaper = reaper_open(1024);
	char *bytes = calloc(1, MANY);
	size_t sent = 0;
	int pair[2];
	char byte;

	(void)state;
	assert_non_null(reaper);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	reaper_add(reaper, pair[0]);
	assert_int_equal(send(pair[0], "answer", 6, 0), 6);
	shutdown(pair[0], SHUT_WR);
	close(pair[0]);
	while (sent < MANY) {
		ssize_t len =
		    send(pair[1], bytes + sent, MANY - sent, MSG_NOSIGNAL);

		assert_true(len > 0);
		sent += (size_t)len;
	}
	assert_int_equal(recv(pair[1], bytes, 100, MSG_WAITALL), 6);
	assert_memory_equal(bytes, "answer", 6);
	shutdown(pair[1], SHUT_WR);
	/* It ends by itself, long before the time that closing allows. */
	reaper_close(reaper, clock_micros() + 600LL * SECOND);
	assert_int_equal(recv(pair[1], &byte, 1, 0), 0);
	close(pair[1]);
	free(bytes);
}

static void test_closing_does_not_wait_longer_than_told(void **state)
{
	struct reaper *reaper = reaper_open(1024);
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	reaper_add(reaper, pair[0]);
	close(pair[0]);
	reaper_close(reaper, 0);
	/* The last copy is closed: writing finds nobody. */
	assert_int_equal(send(pair[1], "x", 1, MSG_NOSIGNAL), -1);
	close(pair[1]);
}

#define PLACES 4

/* Of many that do not end only the newest are held. */
static void test_no_more_than_its_places(void **state)
{
	struct reaper *reaper = reaper_open(PLACES);
	int clients[10 * PLACES];
	unsigned held = 0;
	char byte;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(clients); i++) {
		int pair[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		clients[i] = pair[1];
		reaper_add(reaper, pair[0]);
		close(pair[0]);
	}
	for (size_t i = 0; i < COUNT_OF(clients); i++)
		if (recv(clients[i], &byte, 1, MSG_DONTWAIT) < 0)
			held++;
	expect_between(held, 1, 2 * PLACES);
	reaper_close(reaper, 0);
	for (size_t i = 0; i < COUNT_OF(clients); i++)
		close(clients[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_on_after_the_owner_has_closed),
		cmocka_unit_test(test_closing_does_not_wait_longer_than_told),
		cmocka_unit_test(test_no_more_than_its_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
