#include "expect.h"

#include "service/log_queue.h"
#include "service/clock.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATIENCE 60000000LL
/* Lines of so many bytes, so that it is known how many fit. */
#define LINE 64
#define FIT (LOG_QUEUE_SIZE / LINE)

static const struct log logfmt = { CONF_LOG_LOGFMT, CONF_LOG_ERROR };

struct fixture {
	int ends[2];
	struct log_queue *queue;
	char *text; /* what was read */
	size_t len;
};

static void open_fixture(struct fixture *fixture)
{
	assert_int_equal(pipe(fixture->ends), 0);
	fixture->queue = log_queue_open(fixture->ends[1]);
	assert_non_null(fixture->queue);
	fixture->text = malloc(4 * LOG_QUEUE_SIZE);
	assert_non_null(fixture->text);
	fixture->len = 0;
}

static void put(struct fixture *fixture, unsigned from, unsigned to)
{
	char line[LINE + 1];

	for (unsigned i = from; i < to; i++) {
		snprintf(line, sizeof line, "%0*u\n", LINE - 1, i);
		log_queue_put(fixture->queue, &logfmt, span_of(line));
	}
}

/* Reads until a text stands there. */
static void read_until(struct fixture *fixture, const char *text)
{
	struct pollfd end = { .fd = fixture->ends[0], .events = POLLIN };

	fixture->text[fixture->len] = '\0';
	while (!strstr(fixture->text, text)) {
		ssize_t got;

		assert_int_equal(poll(&end, 1, PATIENCE / 1000), 1);
		got = read(end.fd, fixture->text + fixture->len, 65536);
		assert_true(got > 0);
		fixture->len += (size_t)got;
		fixture->text[fixture->len] = '\0';
	}
}

/* Takes the numbers from..to off *rest. */
static void expect_lines(const char **rest, unsigned from, unsigned to)
{
	char line[LINE + 1];

	for (unsigned i = from; i < to; i++) {
		snprintf(line, sizeof line, "%0*u\n", LINE - 1, i);
		assert_memory_equal(*rest, line, LINE);
		*rest += LINE;
	}
}

/* Behind its time stamp, of 24 bytes. */
static void expect_told(const char **rest, unsigned lines, const char *reason)
{
	char line[200];
	int len = snprintf(line, sizeof line,
	    "level=warn msg=\"log lines dropped\" lines=%u reason=\"%s\"\n",
	    lines, reason);

	assert_memory_equal(*rest, "ts=2", 4);
	*rest += 24;
	assert_memory_equal(*rest, line, (size_t)len);
	*rest += len;
}

static void close_fixture(struct fixture *fixture)
{
	assert_true(log_queue_close(fixture->queue, clock_micros() + PATIENCE));
	close(fixture->ends[0]);
	close(fixture->ends[1]);
	free(fixture->text);
}

/* Nobody reads: what fits is kept, the rest is counted, and it goes on. */
static void full_for(bool blocking)
{
	struct fixture fixture;
	unsigned dropped, kept, total = 4 * FIT;
	const char *rest;

	open_fixture(&fixture);
	if (!blocking)
		fcntl(fixture.ends[1], F_SETFL, O_NONBLOCK);
	put(&fixture, 0, total);
	dropped = (unsigned)log_queue_dropped(fixture.queue);
	kept = total - dropped;
	/* The pipe has some of them, too. */
	expect_between(kept, FIT, 2 * FIT);
	assert_false(log_queue_flush(fixture.queue, clock_micros()));
	read_until(&fixture, "stderr was not read in time");
	/* That line can be read before the queue takes new ones. */
	assert_true(log_queue_flush(fixture.queue, clock_micros() + PATIENCE));
	put(&fixture, total, total + 100);
	assert_true(log_queue_flush(fixture.queue, clock_micros() + PATIENCE));
	put(&fixture, total + 100, total + 101);
	read_until(&fixture, "0016484\n");
	rest = fixture.text;
	expect_lines(&rest, 0, kept);
	expect_told(&rest, dropped, "stderr was not read in time");
	expect_lines(&rest, total, total + 101);
	assert_int_equal(log_queue_dropped(fixture.queue), dropped);
	close_fixture(&fixture);
}

static void test_full(void **state)
{
	(void)state;
	full_for(true);
}

static void test_full_and_not_blocking(void **state)
{
	(void)state;
	full_for(false);
}

/* Who never reads does not hold up the end. */
static void test_end_when_nobody_reads(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture);
	put(&fixture, 0, FIT);
	assert_false(log_queue_close(fixture.queue, clock_micros() + 10000));
	/* It takes no more, and its thread ends when it can. */
	put(&fixture, FIT, FIT + 1);
	assert_int_equal(log_queue_dropped(fixture.queue), 1);
	read_until(&fixture, "lines=1 reason=");
	close_fixture(&fixture);
}

/* Writes that fail are tried for each line, and never for nothing. */
static void test_failing_writes(void **state)
{
	int disk = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct fixture fixture;
	int saved;
	const char *rest;

	(void)state;
	open_fixture(&fixture);
	saved = dup(fixture.ends[1]);
	assert_int_equal(dup2(disk, fixture.ends[1]), fixture.ends[1]);
	for (unsigned i = 0; i < 3; i++) {
		put(&fixture, i, i + 1);
		assert_true(
		    log_queue_flush(fixture.queue, clock_micros() + PATIENCE));
		assert_int_equal(log_queue_dropped(fixture.queue), i + 1);
	}
	assert_int_equal(dup2(saved, fixture.ends[1]), fixture.ends[1]);
	close(saved);
	close(disk);
	put(&fixture, 3, 5);
	read_until(&fixture, "4\n");
	rest = fixture.text;
	expect_told(&rest, 3, "No space left on device");
	expect_lines(&rest, 3, 5);
	close_fixture(&fixture);
}

static void test_broken_pipe(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture);
	close(fixture.ends[0]);
	put(&fixture, 0, 10);
	assert_true(log_queue_flush(fixture.queue, clock_micros() + PATIENCE));
	assert_int_equal(log_queue_dropped(fixture.queue), 10);
	assert_true(log_queue_close(fixture.queue, clock_micros() + PATIENCE));
	close(fixture.ends[1]);
	free(fixture.text);
}

/* A pipe with less room than a line takes a part of it. */
static void test_long_lines(void **state)
{
	static char line[LOG_QUEUE_LINE + 1];
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture);
	for (char c = 'a'; c <= 'y'; c++) {
		memset(line, c, LOG_QUEUE_LINE - 1);
		line[LOG_QUEUE_LINE - 1] = '\n';
		log_queue_put(fixture.queue, &logfmt, span_of(line));
	}
	read_until(&fixture, "y\n");
	assert_int_equal(fixture.len, 25 * LOG_QUEUE_LINE);
	for (unsigned i = 0; i < 25; i++) {
		memset(line, (int)('a' + i), LOG_QUEUE_LINE - 1);
		assert_memory_equal(
		    fixture.text + i * LOG_QUEUE_LINE, line, LOG_QUEUE_LINE);
	}
	close_fixture(&fixture);
}

static void put_odd(struct fixture *fixture, unsigned from, unsigned to)
{
	char line[120];

	for (unsigned i = from; i < to; i++) {
		snprintf(line, sizeof line, "%099u\n", i);
		log_queue_put(fixture->queue, &logfmt, span_of(line));
	}
}

/* Lines of a length that does not divide the ring's: one is in two parts. The
 * pipe has room for 64 KiB. */
static void test_round_the_end(void **state)
{
	struct fixture fixture;
	char line[120];

	(void)state;
	open_fixture(&fixture);
	put_odd(&fixture, 0, 2500);
	read_until(&fixture, "0000999\n");
	put_odd(&fixture, 2500, 3550);
	read_until(&fixture, "0003549\n");
	assert_int_equal(fixture.len, 355000);
	for (unsigned i = 0; i < 3550; i++) {
		snprintf(line, sizeof line, "%099u\n", i);
		assert_memory_equal(fixture.text + i * 100, line, 100);
	}
	close_fixture(&fixture);
}

/* Lines that come one after the other do not cost a write each. With O_DIRECT
 * each write is read alone, see pipe(2). */
static void test_gathers(void **state)
{
	unsigned writes = 0;
	struct fixture fixture;
	const char *rest;
	ssize_t got;

	(void)state;
	open_fixture(&fixture);
	/* Room for 256 writes. */
	assert_true(fcntl(fixture.ends[1], F_SETPIPE_SZ, 1 << 20) >= 1 << 20);
	assert_int_equal(
	    fcntl(fixture.ends[1], F_SETFL, O_DIRECT | O_NONBLOCK), 0);
	assert_int_equal(fcntl(fixture.ends[0], F_SETFL, O_NONBLOCK), 0);
	for (unsigned i = 0; i < 640; i++) {
		const int64_t next = clock_micros() + 50;

		put(&fixture, i, i + 1);
		while (clock_micros() < next)
			continue;
	}
	assert_true(log_queue_flush(fixture.queue, clock_micros() + PATIENCE));
	while ((got = read(fixture.ends[0], fixture.text + fixture.len,
		    PIPE_BUF)) > 0) {
		fixture.len += (size_t)got;
		writes++;
	}
	rest = fixture.text;
	expect_lines(&rest, 0, 640);
	expect_between(writes, 10, 160);
	close_fixture(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_full_and_not_blocking),
		cmocka_unit_test(test_end_when_nobody_reads),
		cmocka_unit_test(test_failing_writes),
		cmocka_unit_test(test_broken_pipe),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_round_the_end),
		cmocka_unit_test(test_gathers),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
