#include "expect.h"

#include <sys/socket.h>
#include <unistd.h>

#include "xmpp/wire.h"

static void pair(int ret_fds[2])
{
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ret_fds), 0);
}

static void take(void *of, const struct stanza *stanza)
{
	(void)of;
	(void)stanza;
}

static void there_and_back(void **state)
{
	struct stream *stream =
	    stream_open(span_of("upload.example.org"), take, NULL);
	const char *why = NULL;
	char bytes[512];
	int fds[2];

	(void)state;
	pair(fds);
	assert_int_equal(wire_receive(fds[0], bytes, sizeof bytes, &why), 0);
	assert_true(wire_send(fds[0], stream, &why) > 0);
	assert_int_equal(stream_out(stream).len, 0);
	assert_true(wire_receive(fds[1], bytes, sizeof bytes, &why) > 0);
	assert_memory_equal(bytes, "<?xml version='1.0'?>", 21);
	assert_null(why);
	close(fds[1]);
	assert_int_equal(wire_receive(fds[0], bytes, sizeof bytes, &why), -1);
	assert_string_equal(why, "closed by the server");
	stream_finish(stream);
	assert_int_equal(wire_send(fds[0], stream, &why), -1);
	assert_string_equal(why, "Broken pipe");
	stream_close(stream);
	close(fds[0]);
}

static void who_says_more(void **state)
{
	int fds[2];

	(void)state;
	pair(fds);
	assert_true(wire_is_quiet(fds[0], -1));
	assert_int_equal(write(fds[1], "<", 1), 1);
	assert_false(wire_is_quiet(fds[0], -1));
	close(fds[1]);
	close(fds[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(who_says_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
