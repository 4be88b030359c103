#include "http/hold.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* The kernel itself sends what has waited for 200 ms. If this process had to
 * wait for as long, it tries again. */
#define TRIES 50

/* As libmicrohttpd calls it. */
static ssize_t (*volatile send_message)(
    int, const struct msghdr *, int) = sendmsg;

/* Two ends of a connection on loopback. */
static void tcp_pair(int ret_fds[2])
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof address;
	const int on = 1; /* as libmicrohttpd has it */
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(
	    getsockname(listener, (struct sockaddr *)&address, &len), 0);
	assert_int_equal(listen(listener, 1), 0);
	ret_fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(
	    connect(ret_fds[0], (struct sockaddr *)&address, len), 0);
	assert_int_equal(
	    setsockopt(ret_fds[0], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on),
	    0);
	ret_fds[1] = accept(listener, NULL, NULL);
	assert_true(ret_fds[1] >= 0);
	close(listener);
}

static void close_pair(const int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

static void send_byte(int fd)
{
	char x = 'x';
	struct iovec byte = { &x, 1 };
	const struct msghdr message = { .msg_iov = &byte, .msg_iovlen = 1 };

	assert_int_equal(send_message(fd, &message, MSG_NOSIGNAL), 1);
}

/* A turn in which so many answers are sent, and its end. */
static void turn(int fd, unsigned answers)
{
	for (unsigned i = 0; i < answers; i++)
		send_byte(fd);
	hold_release();
}

/* Bytes that have not left. */
static int unsent(int fd)
{
	int bytes;

	assert_int_equal(ioctl(fd, SIOCOUTQNSD, &bytes), 0);
	return bytes;
}

static void expect_bytes(int fd, size_t count)
{
	char bytes[256];

	assert_true(count <= sizeof bytes);
	assert_int_equal(recv(fd, bytes, count, MSG_WAITALL), count);
}

/* Whether what is sent now waits for the end of the turn. */
static bool holds(const int fds[2])
{
	int before;

	send_byte(fds[0]);
	before = unsent(fds[0]);
	hold_release();
	assert_int_equal(unsent(fds[0]), 0);
	expect_bytes(fds[1], 1);
	return before > 0;
}

static bool holds_after(const int fds[2], unsigned answers)
{
	for (int i = 0; i < TRIES; i++) {
		turn(fds[0], answers);
		expect_bytes(fds[1], answers);
		if (holds(fds))
			return true;
	}
	return false;
}

static void test_after_a_busy_turn(void **state)
{
	int fds[2];

	(void)state;
	tcp_pair(fds);
	assert_false(holds_after(fds, 1));
	assert_false(holds_after(fds, 3));
	assert_true(holds_after(fds, 4));
	assert_true(holds_after(fds, 200));
	close_pair(fds);
}

static void test_so_many_at_most(void **state)
{
	int fds[2];

	(void)state;
	tcp_pair(fds);
	turn(fds[0], 4);
	for (int i = 0; i < 33; i++)
		send_byte(fds[0]);
	/* The first 32 have left. */
	assert_true(unsent(fds[0]) <= 1);
	hold_release();
	assert_int_equal(unsent(fds[0]), 0);
	expect_bytes(fds[1], 37);
	close_pair(fds);
}

/* What cannot be held is sent, and so is what comes after it. */
static void test_a_unix_socket(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	for (int i = 0; i < 3; i++) {
		turn(fds[0], 4);
		expect_bytes(fds[1], 4);
	}
	close_pair(fds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_after_a_busy_turn),
		cmocka_unit_test(test_so_many_at_most),
		/* The last: this thread holds nothing afterwards. */
		cmocka_unit_test(test_a_unix_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
