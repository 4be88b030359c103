#include "expect.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/fetch.h"

/* What the server answers, to one request, and what it was asked. */
static int listener;
static char url[64];
static const char *answer;
static char asked[8192];
static struct fetch_reply reply;

static void *serve(void *argument)
{
	int peer = accept(listener, NULL, NULL);
	char rest[512];
	ssize_t got = 1;
	size_t len = 0;

	while (got > 0 && !strstr(asked, "\r\n\r\n")) {
		got = read(peer, asked + len, sizeof asked - 1 - len);
		len += got > 0 ? (size_t)got : 0;
		asked[len] = '\0';
	}
	send(peer, answer, strlen(answer), MSG_NOSIGNAL);
	shutdown(peer, SHUT_WR);
	while (got > 0)
		got = read(peer, rest, sizeof rest);
	close(peer);
	return argument;
}

static int start(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof address;

	(void)state;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&address, len) != 0 ||
	    listen(listener, 10) != 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &len) != 0)
		return -1;
	snprintf(url, sizeof url, "http://127.0.0.1:%u/a/../b",
	    ntohs(address.sin_port));
	return fetch_start() ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	close(listener);
	fetch_end();
	return 0;
}

static void ask(struct fetch_request request, const char *text)
{
	pthread_t server;

	answer = text;
	asked[0] = '\0';
	if (!request.method)
		request.method = "GET";
	request.url = url;
	request.direct = true;
	assert_int_equal(pthread_create(&server, NULL, serve, NULL), 0);
	fetch(&request, -1, &reply);
	pthread_join(server, NULL);
}

/* --- bodies that are taken ------------------------------------------------*/

static bool take(void *of, struct span bytes)
{
	buf_add(of, bytes);
	return buf_ok(of);
}

static void test_take(void **state)
{
	char memory[16];
	struct buf taken = buf_of(memory, sizeof memory);
	const struct fetch_request request = { .take = take, .of = &taken };

	(void)state;
	ask(request, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
	assert_int_equal(reply.result, FETCH_ANSWERED);
	assert_int_equal(reply.body_len, 0);
	expect_buf(&taken, "hello");
	/* Errors are not. */
	ask(request, "HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nbusy");
	assert_int_equal(reply.status, 503);
	assert_string_equal(reply.body, "busy");
	expect_buf(&taken, "hello");
	/* Enough is enough. */
	ask(request,
	    "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nmore and more");
	assert_int_equal(reply.result, FETCH_BROKEN);
	assert_int_equal(reply.status, 200);
}

/* --- bodies that are given ------------------------------------------------*/

/* Reads until this stands at the end, or there is no more; then answers. */
static void *serve_until(void *text)
{
	int peer = accept(listener, NULL, NULL);
	size_t len = 0;
	ssize_t got = 1;

	while (got > 0 && !strstr(asked, text)) {
		got = read(peer, asked + len, sizeof asked - 1 - len);
		len += got > 0 ? (size_t)got : 0;
		asked[len] = '\0';
	}
	send(peer, answer, strlen(answer), MSG_NOSIGNAL);
	close(peer);
	return NULL;
}

/* Four bytes at a time, while there are some. */
static long give(void *of, uint64_t offset, char *bytes, size_t size)
{
	const struct span rest = span_from(span_of(of), (size_t)offset);
	const struct span part = span_first(rest, size < 4 ? size : 4);

	memcpy(bytes, part.at, part.len);
	return (long)part.len;
}

static void put(const char *text, uint64_t size)
{
	static char end[] = "the end";
	char body[64];
	const struct fetch_request request = { .method = "PUT",
		.url = url,
		.headers = { "If-None-Match: *" },
		.give = give,
		.give_size = size,
		.of = body,
		.direct = true,
		.stall_seconds = 60 };
	pthread_t server;

	snprintf(body, sizeof body, "%s", text);
	answer = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";
	asked[0] = '\0';
	assert_int_equal(pthread_create(&server, NULL, serve_until, end), 0);
	fetch(&request, -1, &reply);
	pthread_join(server, NULL);
}

static void test_give(void **state)
{
	(void)state;
	put("from the start to the end", 25);
	assert_int_equal(reply.result, FETCH_ANSWERED);
	assert_int_equal(reply.status, 201);
	assert_ptr_equal(strstr(asked, "PUT /a/../b HTTP/1.1\r\n"), asked);
	assert_non_null(strstr(asked, "\r\nContent-Length: 25\r\n"));
	assert_non_null(strstr(asked, "\r\nIf-None-Match: *\r\n"));
	assert_null(strstr(asked, "Expect"));
	assert_null(strstr(asked, "Transfer-Encoding"));
	assert_non_null(strstr(asked, "\r\n\r\nfrom the start to the end"));
	/* There is less of it than was said. */
	put("from the start to the en", 25);
	assert_int_equal(reply.result, FETCH_BROKEN);
	assert_non_null(strstr(asked, "\r\nContent-Length: 25\r\n"));
	/* Nor is more given. */
	put("from the start to the end of it", 25);
	assert_int_equal(reply.result, FETCH_ANSWERED);
	assert_null(strstr(asked, "of it"));
}

/* Answers three requests on one connection. */
static void *serve_three(void *argument)
{
	int peer = accept(listener, NULL, NULL);
	char head[4096];

	for (unsigned i = 0; i < 3; i++) {
		size_t len = 0;
		ssize_t got = 1;

		head[0] = '\0';
		while (got > 0 && !strstr(head, "\r\n\r\n")) {
			got = read(peer, head + len, sizeof head - 1 - len);
			len += got > 0 ? (size_t)got : 0;
			head[len] = '\0';
		}
		send(peer, answer, strlen(answer), MSG_NOSIGNAL);
	}
	close(peer);
	return argument;
}

static void test_line(void **state)
{
	struct fetch_request request = { .method = "DELETE",
		.url = url,
		.direct = true,
		.line = fetch_line_open() };
	pthread_t server;

	(void)state;
	assert_non_null(request.line);
	answer = "HTTP/1.1 204 No Content\r\n\r\n";
	assert_int_equal(pthread_create(&server, NULL, serve_three, NULL), 0);
	for (unsigned i = 0; i < 3; i++) {
		fetch(&request, -1, &reply);
		assert_int_equal(reply.result, FETCH_ANSWERED);
		assert_int_equal(reply.status, 204);
	}
	pthread_join(server, NULL);
	fetch_line_close(request.line);
	fetch_line_close(NULL);
}

/* A head, and so many bytes of x behind it. */
static const char *with_tail(const char *head, size_t count)
{
	static char text[80000];
	size_t len = strlen(head);

	assert_true(len + count + 5 < sizeof text);
	memcpy(text, head, len);
	memset(text + len, 'x', count);
	memcpy(text + len + count, "\r\n\r\n", 5);
	return text;
}

static void test_what_is_sent(void **state)
{
	(void)state;
	ask((struct fetch_request){ .headers = { "A: b" } },
	    "HTTP/1.1 204 N\r\n\r\n");
	assert_int_equal(reply.result, FETCH_ANSWERED);
	assert_int_equal(reply.status, 204);
	assert_ptr_equal(strstr(asked, "GET /a/../b HTTP/1.1\r\n"), asked);
	assert_non_null(strstr(asked, "\r\nA: b\r\n"));
	assert_null(strstr(asked, "Content-"));

	ask((struct fetch_request){ .method = "PUT", .body = span_of("abc") },
	    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_ptr_equal(strstr(asked, "PUT /a/../b HTTP/1.1\r\n"), asked);
	assert_non_null(strstr(asked, "\r\nContent-Length: 3\r\n"));
	assert_non_null(strstr(asked, "\r\n\r\nabc"));
	assert_null(strstr(asked, "Content-Type"));
	assert_null(strstr(asked, "Expect"));

	ask((struct fetch_request){ .method = "PUT", .body = span_of("") },
	    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_non_null(strstr(asked, "\r\nContent-Length: 0\r\n"));
}

static void test_what_is_kept(void **state)
{
	(void)state;
	ask((struct fetch_request){ 0 },
	    "HTTP/1.1 302 Found\r\nDate: Thu, 01 Jan 1970 00:01:40 GMT\r\n"
	    "location: http://127.0.0.1:1/\r\nServer: a\tb\r\n"
	    "X-Trans-Id: 1\r\nContent-Length: 2\r\n\r\nok");
	assert_int_equal(reply.result, FETCH_ANSWERED);
	assert_int_equal(reply.status, 302);
	assert_int_equal(reply.date, 100);
	assert_string_equal(reply.location, "http://127.0.0.1:1/");
	assert_string_equal(reply.server, "a?b");
	assert_true(reply.swift);
	assert_string_equal(reply.body, "ok");

	ask((struct fetch_request){ 0 },
	    with_tail("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
		      "Location: http://",
		20480));
	assert_int_equal(reply.status, 302);
	assert_string_equal(reply.location, "");
	assert_int_equal(reply.date, -1);
}

static void test_limits(void **state)
{
	(void)state;
	const char *body = with_tail("HTTP/1.0 200 OK\r\n\r\n", 40000);

	ask((struct fetch_request){ 0 }, body);
	assert_int_equal(reply.result, FETCH_ANSWERED);
	assert_int_equal(reply.body_len, 32768);
	ask((struct fetch_request){ .whole = true }, body);
	assert_int_equal(reply.result, FETCH_TOO_LARGE);
	assert_string_equal(reply.error, "more than 32768 bytes");
	ask((struct fetch_request){ .whole = true },
	    with_tail("HTTP/1.0 200 OK\r\n\r\n", 32768 - 4));
	assert_int_equal(reply.result, FETCH_ANSWERED);
	assert_int_equal(reply.body_len, 32768);
	ask((struct fetch_request){ 0 },
	    with_tail("HTTP/1.0 200 OK\r\nX: ", 70000));
	assert_int_equal(reply.result, FETCH_TOO_LARGE);
	assert_string_equal(reply.error, "more than 65536 bytes of headers");
}

static void test_expect(void **state)
{
	(void)state;
	const struct fetch_request put = {
		.method = "PUT", .body = span_of("abc"), .expect = true
	};

	ask(put, "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(reply.result, FETCH_ANSWERED);
	assert_int_equal(reply.status, 417);
	assert_non_null(strstr(asked, "\r\nExpect: 100-continue\r\n"));
	assert_false(reply.continued);
	ask(put, "HTTP/1.1 100 Go on\r\n\r\n"
		 "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(reply.status, 200);
	assert_true(reply.continued);
}

/* Connections are taken by the system, and no one answers. */
static void test_no_answer(void **state)
{
	(void)state;
	struct fetch_request request = {
		.method = "GET", .url = url, .direct = true, .seconds = 1
	};
	int stop = eventfd(0, EFD_CLOEXEC);

	fetch(&request, -1, &reply);
	assert_int_equal(reply.result, FETCH_TIMEOUT);
	assert_true(stop >= 0);
	assert_false(fetch_stopped(stop) || fetch_stopped(-1));
	assert_int_equal(eventfd_write(stop, 1), 0);
	request.seconds = 0;
	fetch(&request, stop, &reply);
	assert_int_equal(reply.result, FETCH_STOPPED);
	assert_true(fetch_stopped(stop));
	close(stop);
	request.url = "file:///etc/passwd";
	fetch(&request, -1, &reply);
	assert_int_equal(reply.result, FETCH_BROKEN);
	assert_string_equal(reply.error, "Unsupported protocol");
	assert_int_equal(reply.body_len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_give),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_what_is_sent),
		cmocka_unit_test(test_what_is_kept),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_expect),
		cmocka_unit_test(test_no_answer),
	};

	return cmocka_run_group_tests(tests, start, end);
}
