#include "expect.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/counter.h"
#include "service/log.h"
#include "service/clock.h"

#define PATIENCE 20000000 /* microseconds */

static char folder[] = "/tmp/slotd-counter-XXXXXX";

static int enter(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

struct fixture {
	struct conf_quota conf;
	struct counter counter;
};

static void note(void *argument, enum conf_log_level level, const char *message,
    const char *reason)
{
	static const struct log log = { CONF_LOG_LOGFMT, CONF_LOG_ERROR };

	(void)argument;
	log_note(&log, level, message, "reason", reason);
}

static struct fixture *begin(int64_t pause)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	char wrong[128];

	assert_non_null(fixture);
	fixture->conf.memory.max_users = 100;
	fixture->conf.memory.state_file = "state";
	fixture->counter.note = note;
	fixture->counter.pause = pause;
	assert_true(counter_open(
	    &fixture->counter, &fixture->conf, wrong, sizeof wrong));
	return fixture;
}

static void end(struct fixture *fixture)
{
	counter_close(&fixture->counter);
	free(fixture);
}

static void take(struct fixture *fixture)
{
	struct quota *quota = fixture->counter.quota;
	struct quota_charge charge = { .user = span_of("a@example.org"),
		.domain = span_of("example.org"),
		.size = 1,
		.bytes_per_day = 1000,
		.now = clock_millis() };
	struct refusal why = { 0 };
	uint64_t bytes;

	assert_int_equal(
	    quota->class->take(quota, &charge, &bytes, &why), FAILURE_NONE);
}

static void wait_for_file(const char *name)
{
	int64_t until = clock_micros() + PATIENCE;

	while (access(name, F_OK) != 0) {
		assert_true(clock_micros() < until);
		usleep(1000);
	}
}

static void test_it_is_saved_again_and_again(void **state)
{
	struct fixture *fixture = begin(2000);

	(void)state;
	for (int i = 0; i < 3; i++) {
		take(fixture);
		wait_for_file("state");
		assert_int_equal(unlink("state"), 0);
	}
	end(fixture);
}

static void test_it_is_saved_at_the_end(void **state)
{
	struct fixture *fixture = begin(0);

	(void)state;
	unlink("state");
	take(fixture);
	end(fixture);
	assert_int_equal(access("state", F_OK), 0);
}

/* A complaint once, not at each try; and all is well again by itself. */
static void test_a_disk_that_takes_nothing(void **state)
{
	struct fixture *fixture;
	int old = dup(2), log;
	char text[4096];
	ssize_t len;
	const char *first;

	(void)state;
	unlink("state");
	assert_int_equal(mkdir("state.new", 0700), 0);
	log = open("log", O_RDWR | O_CREAT | O_APPEND, 0600);
	assert_true(log >= 0 && old >= 0);
	dup2(log, 2);
	fixture = begin(2000);
	take(fixture);
	do {
		len = pread(log, text, sizeof text - 1, 0);
	} while (len == 0);
	/* Some more tries. */
	for (int i = 0; i < 20; i++)
		usleep(1000);
	assert_int_equal(rmdir("state.new"), 0);
	wait_for_file("state");
	end(fixture);
	dup2(old, 2);
	len = pread(log, text, sizeof text - 1, 0);
	assert_true(len > 0);
	text[len] = '\0';
	first = strstr(text, "quota.state_file cannot be written: state: ");
	assert_non_null(first);
	assert_null(strstr(first + 1, "quota.state_file"));
	close(log);
	close(old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_is_saved_again_and_again),
		cmocka_unit_test(test_it_is_saved_at_the_end),
		cmocka_unit_test(test_a_disk_that_takes_nothing),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
