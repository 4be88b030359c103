#include "expect.h"

#include "http/reaper.h"
#include "service/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
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
#define CLIENTS (10 * PLACES)

static void open_clients(struct reaper *reaper, int ret_clients[CLIENTS])
{
	for (size_t i = 0; i < CLIENTS; i++) {
		int pair[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		ret_clients[i] = pair[1];
		reaper_add(reaper, pair[0]);
		close(pair[0]);
	}
}

static unsigned count_held(const int clients[CLIENTS])
{
	unsigned held = 0;
	char byte;

	for (size_t i = 0; i < CLIENTS; i++)
		held += recv(clients[i], &byte, 1, MSG_DONTWAIT) < 0;
	return held;
}

static void close_clients(const int clients[CLIENTS])
{
	for (size_t i = 0; i < CLIENTS; i++)
		close(clients[i]);
}

/* Of many that do not end only the newest are held. */
static void test_no_more_than_its_places(void **state)
{
	struct reaper *reaper = reaper_open(PLACES);
	int clients[CLIENTS];

	(void)state;
	open_clients(reaper, clients);
	expect_between(count_held(clients), PLACES, 2 * PLACES);
	reaper_close(reaper, 0);
	close_clients(clients);
}

/* The thread is held up here, before it looks at what has been added. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

/* Stands before the C library's. */
int eventfd_read(int fd, eventfd_t *ret_wakes)
{
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	return read(fd, ret_wakes, sizeof *ret_wakes) < 0 ? -1 : 0;
}

/* Sockets that find no room while the thread is late end no others. */
static void test_the_thread_is_late(void **state)
{
	int64_t until = clock_micros() + 60LL * SECOND;
	struct reaper *reaper = reaper_open(PLACES);
	int clients[CLIENTS];

	(void)state;
	pthread_mutex_lock(&gate);
	open_clients(reaper, clients);
	pthread_mutex_unlock(&gate);
	while (count_held(clients) > PLACES && clock_micros() < until)
		usleep(1000);
	/* Waits for the thread, and adds nothing. */
	reaper_add(reaper, -1);
	assert_int_equal(count_held(clients), PLACES);
	reaper_close(reaper, 0);
	close_clients(clients);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_on_after_the_owner_has_closed),
		cmocka_unit_test(test_closing_does_not_wait_longer_than_told),
		cmocka_unit_test(test_no_more_than_its_places),
		cmocka_unit_test(test_the_thread_is_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
