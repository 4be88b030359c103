#include "expect.h"

#include "xmpp/pending.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct fixture {
	int wake;
	struct pending *pending;
	struct buf sent;
	char memory[256];
};

static int begin(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	if (!fixture)
		return -1;
	fixture->wake = eventfd(0, EFD_NONBLOCK);
	fixture->pending = pending_open(fixture->wake);
	buf_init(&fixture->sent, fixture->memory, sizeof fixture->memory);
	*state = fixture;
	return fixture->pending ? 0 : -1;
}

static int end(void **state)
{
	struct fixture *fixture = *state;

	close(fixture->wake);
	free(fixture);
	return 0;
}

static bool is_woken(const struct fixture *fixture)
{
	struct pollfd polled = { fixture->wake, POLLIN, 0 };
	uint64_t count;

	return poll(&polled, 1, 0) == 1 &&
	       read(fixture->wake, &count, sizeof count) == sizeof count;
}

static void send_it(void *of, struct span text)
{
	buf_add(of, text);
}

static bool put(struct fixture *fixture, unsigned stream, const char *text)
{
	return pending_put(fixture->pending, stream, text ? strdup(text) : NULL,
	    text ? strlen(text) : 0);
}

static void answers_come_in_order(void **state)
{
	struct fixture *fixture = *state;
	struct pending *pending = fixture->pending;
	unsigned first, second;

	assert_true(pending_add(pending, &first));
	assert_true(pending_add(pending, &second));
	assert_int_equal(pending_count(pending), 2);
	assert_true(pending_wanted(pending, first));
	assert_false(pending_take(pending, send_it, &fixture->sent));
	assert_false(is_woken(fixture));
	assert_true(put(fixture, second, "b"));
	assert_true(is_woken(fixture));
	assert_true(put(fixture, first, "a"));
	assert_int_equal(pending_count(pending), 2);
	assert_true(pending_take(pending, send_it, &fixture->sent));
	expect_buf(&fixture->sent, "b");
	assert_int_equal(pending_count(pending), 1);
	assert_true(pending_take(pending, send_it, &fixture->sent));
	expect_buf(&fixture->sent, "ba");
	assert_int_equal(pending_count(pending), 0);
	assert_false(pending_take(pending, send_it, &fixture->sent));
	pending_close(pending);
}

static void what_waits_is_bounded(void **state)
{
	struct fixture *fixture = *state;
	struct pending *pending = fixture->pending;
	unsigned stream = 77;

	for (int i = 0; i < 1000; i++)
		assert_true(pending_add(pending, &stream));
	assert_false(pending_add(pending, &stream));
	/* One without an answer makes room as well. */
	assert_false(put(fixture, stream, NULL));
	assert_true(pending_add(pending, &stream));
	assert_false(pending_add(pending, &stream));
	for (int i = 0; i < 1000; i++)
		put(fixture, stream, "");
	assert_true(pending_take(pending, send_it, &fixture->sent));
	assert_true(pending_add(pending, &stream));
	assert_true(put(fixture, stream, "x"));
	pending_close(pending);
}

static void a_stream_ends(void **state)
{
	struct fixture *fixture = *state;
	struct pending *pending = fixture->pending;
	unsigned old, other, next;

	assert_true(pending_add(pending, &old));
	assert_true(pending_add(pending, &other));
	assert_true(put(fixture, other, "lost"));
	pending_drop(pending);
	assert_int_equal(pending_count(pending), 0);
	assert_false(pending_wanted(pending, old));
	assert_true(pending_add(pending, &next));
	assert_false(put(fixture, old, "late"));
	assert_int_equal(pending_count(pending), 1);
	assert_true(put(fixture, next, "new"));
	assert_true(pending_take(pending, send_it, &fixture->sent));
	expect_buf(&fixture->sent, "new");
	pending_close(pending);
}

/* The last that waits frees it: a sanitizer sees whether it does. */
static void the_component_goes_first(void **state)
{
	struct fixture *fixture = *state;
	struct pending *pending = fixture->pending;
	unsigned stream;

	assert_true(pending_add(pending, &stream));
	pending_close(pending);
	assert_false(pending_wanted(pending, stream));
	assert_false(put(fixture, stream, "late"));
	assert_false(is_woken(fixture));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_come_in_order),
		TEST(what_waits_is_bounded),
		TEST(a_stream_ends),
		TEST(the_component_goes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
