#include "expect.h"

#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "service/clock.h"
#include "xmpp/dial.h"

#define SECOND INT64_C(1000000)

static struct dial make(const char *server, uint16_t port, const char *path)
{
	const struct conf_component conf = {
		.server = server,
		.port = port,
		.unix_path = path,
	};
	struct dial dial;

	dial_init(&dial, &conf);
	return dial;
}

static void is_called(struct dial dial, const char *want)
{
	char memory[300];
	struct buf out = buf_of(memory, sizeof memory);

	dial_name(&dial, &out);
	expect_buf(&out, want);
}

static void names(void **state)
{
	(void)state;
	is_called(make("127.0.0.1", 5347, NULL), "127.0.0.1:5347");
	is_called(make("::1", 5347, NULL), "[::1]:5347");
	is_called(make("xmpp.example.org", 1, NULL), "xmpp.example.org:1");
	is_called(make("127.0.0.1", 5347, "/run/x"), "/run/x");
}

static bool same(struct dial a, struct dial b)
{
	return dial_equal(&a, &b);
}

static void what_is_the_same(void **state)
{
	(void)state;
	assert_true(same(make("a", 1, NULL), make("a", 1, NULL)));
	assert_false(same(make("a", 1, NULL), make("b", 1, NULL)));
	assert_false(same(make("a", 1, NULL), make("a", 2, NULL)));
	assert_false(same(make("a", 1, NULL), make("a", 1, "a")));
	/* Beside a path the others say nothing. */
	assert_true(same(make("a", 1, "/x"), make("b", 2, "/x")));
}

static int listen_on(uint16_t *ret_port)
{
	struct addrinfo *found = NULL;
	struct sockaddr_storage address;
	socklen_t len = sizeof address;
	char port[16];
	int fd = -1;

	assert_int_equal(getaddrinfo("127.0.0.1", "0", NULL, &found), 0);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, found->ai_addr, found->ai_addrlen), 0);
	assert_int_equal(listen(fd, 1), 0);
	freeaddrinfo(found);
	getsockname(fd, (struct sockaddr *)&address, &len);
	assert_int_equal(getnameinfo((struct sockaddr *)&address, len, NULL, 0,
			     port, sizeof port, NI_NUMERICSERV),
	    0);
	*ret_port = (uint16_t)strtoul(port, NULL, 10);
	return fd;
}

static void a_socket(void **state)
{
	uint16_t port;
	int listener = listen_on(&port), fd, value = 0;
	struct dial dial = make("127.0.0.1", port, NULL);
	const char *why = NULL;
	struct addrinfo *addresses = dial_resolve(&dial, &why);
	socklen_t len = sizeof value;

	(void)state;
	assert_non_null(addresses);
	fd = dial_connect(addresses, -1, clock_micros() + 20 * SECOND, &why);
	assert_true(fd >= 0);
	assert_int_equal(
	    getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, &len), 0);
	assert_int_equal(value, 1);
	close(fd);
	close(listener);
	/* Nobody listens there any more. */
	fd = dial_connect(addresses, -1, clock_micros() + 20 * SECOND, &why);
	assert_int_equal(fd, -1);
	assert_string_equal(why, "Connection refused");
	dial_free(addresses);
}

/* A listener whose queue is full answers nobody. */
static void a_dead_address(void **state)
{
	uint16_t dead_port, port;
	int dead = listen_on(&dead_port), listener = listen_on(&port);
	struct dial first = make("127.0.0.1", dead_port, NULL);
	struct dial second = make("127.0.0.1", port, NULL);
	const char *why = NULL;
	struct addrinfo *addresses = dial_resolve(&first, &why);
	struct addrinfo *next = dial_resolve(&second, &why);
	int full[8], fd;

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(full[i], addresses->ai_addr, addresses->ai_addrlen);
	}
	addresses->ai_next = next;
	fd = dial_connect(addresses, -1, clock_micros() + 2 * SECOND, &why);
	assert_true(fd >= 0);
	close(fd);
	addresses->ai_next = NULL;
	dial_free(addresses);
	dial_free(next);
	for (size_t i = 0; i < 8; i++)
		close(full[i]);
	close(dead);
	close(listener);
}

static void no_such_file(void **state)
{
	struct dial dial = make("", 0, "/nonexistent/x.sock");
	const char *why = NULL;
	struct addrinfo *addresses = dial_resolve(&dial, &why);

	(void)state;
	assert_non_null(addresses);
	assert_int_equal(
	    dial_connect(addresses, -1, clock_micros() + 20 * SECOND, &why),
	    -1);
	assert_string_equal(why, "No such file or directory");
	dial_free(addresses);
}

static void no_such_host(void **state)
{
	/* Longer than a label may be: no resolver is asked. */
	char name[101] = { 0 };
	const char *why = NULL;
	struct dial dial;

	(void)state;
	memset(name, 'a', sizeof name - 1);
	dial = make(name, 1, NULL);
	assert_null(dial_resolve(&dial, &why));
	assert_non_null(why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(what_is_the_same),
		cmocka_unit_test(a_socket),
		cmocka_unit_test(a_dead_address),
		cmocka_unit_test(no_such_file),
		cmocka_unit_test(no_such_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
