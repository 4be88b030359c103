#include "quota/fixture.h"

#include <sys/resource.h>

static char folder[] = "/tmp/slotd-quota-XXXXXX";

static int enter(void **state)
{
	start(state);
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static void write_state(const char *text, size_t len)
{
	FILE *file = fopen("state", "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static size_t read_state(char *bytes, size_t size)
{
	FILE *file = fopen("state", "r");
	size_t len;

	assert_non_null(file);
	len = fread(bytes, 1, size, file);
	fclose(file);
	return len;
}

static bool save(struct quota *quota, int64_t now)
{
	return quota->class->save(quota, now);
}

static void fill(const char *path)
{
	char said[256];
	struct quota *quota = open_with(5000, path, T0, said);

	assert_int_equal(ask(quota, "a@x", 60, 0, 100, T0), FAILURE_NONE);
	assert_int_equal(
	    ask(quota, "a@x", 30, 0, 100, T0 + HOUR), FAILURE_NONE);
	assert_int_equal(ask(quota, "b@x", 30, 2, 0, T0 + HOUR), FAILURE_NONE);
	assert_true(save(quota, T0 + HOUR));
	close_quota(quota);
}

static void test_outlives_the_process(void **state)
{
	char said[256];
	struct quota *quota;
	struct stat stat_of;

	(void)state;
	unlink("state");
	fill("state");
	assert_int_equal(stat("state", &stat_of), 0);
	assert_int_equal(stat_of.st_mode & 0777, 0600);
	assert_int_equal(access("state.new", F_OK), -1);
	quota = open_with(5000, "state", T0 + HOUR + SECOND, said);
	assert_string_equal(said, "");
	assert_int_equal(use_of(quota, "a@x", T0 + HOUR + SECOND).bytes, 90);
	assert_int_equal(use_of(quota, "b@x", T0 + HOUR + SECOND).slots, 1);
	assert_int_equal(
	    ask(quota, "a@x", 11, 0, 100, T0 + HOUR), FAILURE_QUOTA_EXCEEDED);
	assert_int_equal(why.retry_at, (T0 + DAY) / 1000);
	close_quota(quota);
	/* What counted until then is over. */
	quota = open_with(5000, "state", T0 + DAY, said);
	assert_int_equal(use_of(quota, "a@x", T0 + DAY).bytes, 30);
	assert_int_equal(users_of(quota), 1);
	close_quota(quota);
}

/* Written while the clock was ahead; it is right again at the next start. */
static void test_a_clock_that_was_ahead(void **state)
{
	char said[256];
	struct quota *quota;

	(void)state;
	unlink("state");
	fill("state");
	quota = open_with(5000, "state", T0 - 3650 * DAY, said);
	assert_string_equal(said, "");
	assert_int_equal(use_of(quota, "b@x", T0 - 3650 * DAY).slots_free_at,
	    T0 - 3650 * DAY + MINUTE);
	assert_int_equal(users_of(quota), 2);
	assert_int_equal(use_of(quota, "a@x", T0 - 3649 * DAY).bytes, 0);
	close_quota(quota);
}

static void test_none_is_there_at_first(void **state)
{
	char said[256];
	struct quota *quota;

	(void)state;
	unlink("state");
	quota = open_with(100, "state", T0, said);
	assert_string_equal(said, "");
	/* Nothing has changed: nothing to write. */
	assert_true(save(quota, T0));
	assert_int_equal(access("state", F_OK), -1);
	close_quota(quota);
}

static void expect_rubbish(const char *words)
{
	char said[256];
	struct quota *quota = open_with(100, "state", T0 + HOUR, said);

	if (!strstr(said, words) || !strstr(said, "state: "))
		fail_msg("said: %s", said);
	assert_int_equal(users_of(quota), 0);
	assert_int_equal(ask(quota, "a@x", 100, 0, 100, T0), FAILURE_NONE);
	close_quota(quota);
}

static void test_rubbish_is_said_and_ignored(void **state)
{
	static char good[4096], bad[4096];
	size_t len;

	(void)state;
	unlink("state");
	fill("state");
	len = read_state(good, sizeof good);
	assert_true(len > 300 && len < sizeof good);
	for (size_t i = 0; i < len; i += 13) {
		memcpy(bad, good, len);
		bad[i] = (char)(bad[i] ^ 4);
		write_state(bad, len);
		expect_rubbish("is damaged");
	}
	for (size_t i = 0; i < len; i += 29) {
		write_state(good, i);
		expect_rubbish("is damaged");
	}
	write_state("quota\n", 6);
	expect_rubbish("is damaged");
	unlink("state");
	assert_int_equal(mkdir("state", 0700), 0);
	expect_rubbish("Invalid argument");
	rmdir("state");
}

/* What is said to be long is not read for that. */
static void test_a_sparse_giant(void **state)
{
	static char good[4096];
	size_t len;

	(void)state;
	unlink("state");
	fill("state");
	len = read_state(good, sizeof good);
	write_state(good, len);
	assert_int_equal(truncate("state", 1LL << 40), 0);
	expect_rubbish("is damaged");
	unlink("state");
}

static long peak_kib(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_maxrss;
}

/* Its head claims so many records, and its size is right for them. */
static void expect_no_room_for(uint64_t records)
{
	static char good[4096];
	size_t len;
	long before;

	unlink("state");
	fill("state");
	len = read_state(good, sizeof good);
	/* The head has 48 bytes: magic (16), byte order, size of a record (4
	 * each), count (8), seed (16). */
	memcpy(good + 24, &records, sizeof records);
	write_state(good, len);
	assert_int_equal(
	    truncate("state", (off_t)(48 + records * 112 + 32)), 0);
	before = peak_kib();
	expect_rubbish("is damaged");
	assert_true(peak_kib() < before + 16 * 1024);
	unlink("state");
}

/* However many records a file has, they take no memory but their places; and
 * more than there can be places are not looked at. */
static void test_many_records(void **state)
{
	(void)state;
	expect_no_room_for(1000000);
	expect_no_room_for(10000001);
	expect_no_room_for(100000000);
}

/* Who came and went many times is written in the order of the last grants. */
static void test_the_order_of_the_file(void **state)
{
	char said[256], name[32];
	struct quota *quota;

	(void)state;
	unlink("state");
	quota = open_with(1000, "state", T0, said);
	for (int i = 0; i < 1000; i++) {
		name_user(name, i);
		assert_int_equal(ask(quota, name, 5, 0, 10, T0), FAILURE_NONE);
	}
	for (int i = 999; i >= 0; i -= 3) {
		name_user(name, i);
		assert_int_equal(
		    ask(quota, name, 5, 0, 10, T0 + HOUR), FAILURE_NONE);
	}
	assert_true(save(quota, T0 + HOUR));
	close_quota(quota);
	/* 334 are an hour younger. */
	quota = open_with(334, "state", T0 + HOUR, said);
	assert_non_null(strstr(said, "666 users do not fit"));
	for (int i = 999; i >= 0; i -= 3) {
		name_user(name, i);
		assert_int_equal(use_of(quota, name, T0 + HOUR).bytes, 10);
	}
	close_quota(quota);
	unlink("state");
}

/* Neither a FIFO nor another name of a file is written to. */
static void test_what_stands_in_the_way(void **state)
{
	char said[256], bytes[16];
	struct quota *quota;
	FILE *other;

	(void)state;
	unlink("state");
	quota = open_with(5000, "state", T0, said);
	assert_int_equal(ask(quota, "c@x", 1, 0, 100, T0), FAILURE_NONE);
	assert_int_equal(mkfifo("state.new", 0600), 0);
	assert_true(save(quota, T0));
	other = fopen("other", "w");
	assert_non_null(other);
	fputs("mine", other);
	fclose(other);
	assert_int_equal(link("other", "state.new"), 0);
	assert_int_equal(ask(quota, "d@x", 1, 0, 100, T0), FAILURE_NONE);
	assert_true(save(quota, T0));
	other = fopen("other", "r");
	assert_non_null(other);
	assert_string_equal(fgets(bytes, sizeof bytes, other), "mine");
	fclose(other);
	unlink("other");
	unlink("state");
	close_quota(quota);
}

/* A disk that takes nothing: said, and the old one stays. */
static void test_a_failed_save(void **state)
{
	char said[256], before[4096], after[4096];
	struct quota *quota;
	size_t len;

	(void)state;
	unlink("state");
	fill("state");
	len = read_state(before, sizeof before);
	quota = open_with(5000, "state", T0 + HOUR, said);
	assert_int_equal(ask(quota, "c@x", 1, 0, 100, T0 + HOUR), FAILURE_NONE);
	assert_int_equal(mkdir("state.new", 0700), 0);
	assert_false(save(quota, T0 + HOUR));
	assert_int_equal(read_state(after, sizeof after), len);
	assert_memory_equal(before, after, len);
	rmdir("state.new");
	/* It is still to be written. */
	assert_true(save(quota, T0 + HOUR));
	assert_true(read_state(after, sizeof after) > len);
	close_quota(quota);
}

/* max_users was lowered: the newest stay. */
static void test_fewer_places_than_before(void **state)
{
	char said[256], name[32];
	struct quota *quota;

	(void)state;
	unlink("state");
	quota = open_with(100, "state", T0, said);
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof name, "u%d@x", i);
		assert_int_equal(
		    ask(quota, name, 5, 0, 10, T0 + i * SECOND), FAILURE_NONE);
	}
	assert_true(save(quota, T0 + HOUR));
	close_quota(quota);
	quota = open_with(20, "state", T0 + HOUR, said);
	assert_non_null(strstr(said, "users do not fit"));
	expect_between(users_of(quota), 19, 20);
	assert_int_equal(use_of(quota, "u49@x", T0 + HOUR).bytes, 5);
	assert_int_equal(use_of(quota, "u32@x", T0 + HOUR).bytes, 5);
	assert_int_equal(use_of(quota, "u29@x", T0 + HOUR).bytes, 0);
	close_quota(quota);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outlives_the_process),
		cmocka_unit_test(test_a_clock_that_was_ahead),
		cmocka_unit_test(test_none_is_there_at_first),
		cmocka_unit_test(test_rubbish_is_said_and_ignored),
		cmocka_unit_test(test_a_sparse_giant),
		cmocka_unit_test(test_many_records),
		cmocka_unit_test(test_the_order_of_the_file),
		cmocka_unit_test(test_what_stands_in_the_way),
		cmocka_unit_test(test_a_failed_save),
		cmocka_unit_test(test_fewer_places_than_before),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
