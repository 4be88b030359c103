#include "quota/fixture.h"

#include <malloc.h>

#define GIB (1ULL << 30)

static void test_slots_of_a_minute(void **state)
{
	struct quota *quota = open_quota(100);
	const char *user = "a@example.org";

	(void)state;
	assert_int_equal(ask(quota, user, 1, 2, 0, T0), FAILURE_NONE);
	assert_int_equal(near, 0);
	assert_int_equal(
	    ask(quota, user, 1, 2, 0, T0 + 20 * SECOND), FAILURE_NONE);
	assert_int_equal(
	    ask(quota, user, 1, 2, 0, T0 + 59 * SECOND), FAILURE_RATE_LIMITED);
	assert_int_equal(why.retry_at, T0 / 1000 + 60);
	assert_int_equal(
	    ask(quota, user, 1, 2, 0, T0 + MINUTE - 1), FAILURE_RATE_LIMITED);
	assert_int_equal(ask(quota, user, 1, 2, 0, T0 + MINUTE), FAILURE_NONE);
	/* The second of the two is the next to go. */
	assert_int_equal(
	    ask(quota, user, 1, 2, 0, T0 + MINUTE), FAILURE_RATE_LIMITED);
	assert_int_equal(why.retry_at, T0 / 1000 + 80);
	close_quota(quota);
}

/* All at the end of one minute, and again as the next one begins. */
static void test_a_boundary_doubles_nothing(void **state)
{
	struct quota *quota = open_quota(100);
	int64_t boundary = T0 - T0 % DAY + DAY;
	int granted = 0;

	(void)state;
	for (int i = 0; i < 20; i++)
		granted +=
		    !ask(quota, "a@x", 0, 5, 0, boundary - SECOND + i * 100);
	assert_int_equal(granted, 5);
	assert_int_equal(
	    ask(quota, "b@x", 1000, 0, 1000, boundary - 1), FAILURE_NONE);
	assert_int_equal(ask(quota, "b@x", 1, 0, 1000, boundary + 1),
	    FAILURE_QUOTA_EXCEEDED);
	assert_int_equal(why.retry_at, (boundary + DAY) / 1000);
	close_quota(quota);
}

static void test_bytes_of_a_day(void **state)
{
	struct quota *quota = open_quota(100);
	const char *user = "a@example.org";
	struct quota_use use;

	(void)state;
	assert_int_equal(
	    ask(quota, user, 6 * GIB, 0, 10 * GIB, T0 + 500), FAILURE_NONE);
	assert_true(near == 6 * GIB);
	assert_int_equal(ask(quota, user, 4 * GIB + 1, 0, 10 * GIB, T0 + HOUR),
	    FAILURE_QUOTA_EXCEEDED);
	/* Half a second past T0, rounded up. */
	assert_int_equal(why.retry_at, T0 / 1000 + 86401);
	assert_int_equal(
	    ask(quota, user, 4 * GIB, 0, 10 * GIB, T0 + HOUR), FAILURE_NONE);
	use = use_of(quota, user, T0 + HOUR);
	assert_int_equal(use.slots, 0);
	assert_true(use.bytes == 10 * GIB);
	assert_int_equal(use.slots_free_at, 0);
	assert_int_equal(use.bytes_free_at, T0 + DAY + SECOND);
	/* Two parts have to go for this one. */
	assert_int_equal(ask(quota, user, 7 * GIB, 0, 10 * GIB, T0 + HOUR),
	    FAILURE_QUOTA_EXCEEDED);
	assert_int_equal(why.retry_at, (T0 + DAY + HOUR) / 1000);
	close_quota(quota);
}

/* Waiting is no use. */
static void test_a_file_beyond_the_quota(void **state)
{
	struct quota *quota = open_quota(100);
	struct quota_charge charge = charge_of("a@x", 1001, 1, 1000, T0);

	(void)state;
	assert_int_equal(take(quota, &charge), FAILURE_QUOTA_EXCEEDED);
	assert_int_equal(why.retry_at, 0);
	assert_true(span_starts(span_of(why.detail), "size:"));
	charge = charge_of("a@x", 1001, 1, 0, T0);
	charge.domain_bytes_per_day = 1000;
	assert_int_equal(take(quota, &charge), FAILURE_QUOTA_EXCEEDED);
	assert_int_equal(why.retry_at, 0);
	assert_int_equal(users_of(quota), 0);
	close_quota(quota);
}

static void test_a_domain_as_a_whole(void **state)
{
	struct quota *quota = open_quota(100);
	struct quota_charge a = charge_of("a@example.org", 600, 0, 900, T0);
	struct quota_charge b = charge_of("b@example.org", 600, 0, 900, T0);

	(void)state;
	a.domain_bytes_per_day = b.domain_bytes_per_day = 1000;
	assert_int_equal(take(quota, &a), FAILURE_NONE);
	assert_int_equal(take(quota, &b), FAILURE_QUOTA_EXCEEDED);
	/* Against none of its limits. */
	assert_int_equal(use_of(quota, "b@example.org", T0).bytes, 0);
	assert_int_equal(use_of(quota, "example.org", T0).domain_bytes, 600);
	b.size = 400;
	assert_int_equal(take(quota, &b), FAILURE_NONE);
	b.domain = span_of("example.net");
	assert_int_equal(take(quota, &b), FAILURE_NONE);
	/* As a user the domain is somebody else. */
	assert_int_equal(use_of(quota, "example.org", T0).bytes, 0);
	quota->class->reset(quota, span_of("a@example.org"));
	assert_int_equal(use_of(quota, "a@example.org", T0).bytes, 0);
	assert_int_equal(use_of(quota, "example.org", T0).domain_bytes, 1000);
	quota->class->reset(quota, span_of("example.org"));
	assert_int_equal(use_of(quota, "example.org", T0).domain_bytes, 0);
	close_quota(quota);
}

/* Several limits: the latest of them. */
static void test_retry_at_of_several_limits(void **state)
{
	struct quota *quota = open_quota(100);

	(void)state;
	assert_int_equal(ask(quota, "a@x", 10, 1, 10, T0), FAILURE_NONE);
	assert_int_equal(
	    ask(quota, "a@x", 1, 1, 10, T0 + SECOND), FAILURE_QUOTA_EXCEEDED);
	assert_int_equal(why.retry_at, (T0 + DAY) / 1000);
	assert_int_equal(
	    ask(quota, "a@x", 0, 1, 10, T0 + SECOND), FAILURE_RATE_LIMITED);
	assert_int_equal(why.retry_at, (T0 + MINUTE) / 1000);
	close_quota(quota);
}

static void test_give_back(void **state)
{
	struct quota *quota = open_quota(100);
	struct quota_charge first = charge_of("a@x", 700, 2, 1000, T0);
	struct quota_charge second = charge_of("a@x", 300, 2, 1000, T0 + 5);

	(void)state;
	first.domain_bytes_per_day = second.domain_bytes_per_day = 1000;
	assert_int_equal(take(quota, &first), FAILURE_NONE);
	assert_int_equal(take(quota, &second), FAILURE_NONE);
	quota->class->give_back(quota, &first);
	assert_int_equal(use_of(quota, "a@x", T0 + 5).slots, 1);
	assert_int_equal(use_of(quota, "a@x", T0 + 5).bytes, 300);
	assert_int_equal(
	    use_of(quota, "example.org", T0 + 5).domain_bytes, 300);
	quota->class->give_back(quota, &second);
	assert_int_equal(users_of(quota), 0);
	/* Long after: what has left its window is not taken from others. */
	assert_int_equal(take(quota, &first), FAILURE_NONE);
	second.now = T0 + 2 * DAY;
	assert_int_equal(take(quota, &second), FAILURE_NONE);
	quota->class->give_back(quota, &first);
	assert_int_equal(use_of(quota, "a@x", second.now).bytes, 300);
	close_quota(quota);
}

static void test_lower_limits_hold_at_once(void **state)
{
	struct quota *quota = open_quota(100);

	(void)state;
	assert_int_equal(ask(quota, "a@x", 900, 5, 1000, T0), FAILURE_NONE);
	assert_int_equal(
	    ask(quota, "a@x", 0, 5, 500, T0), FAILURE_QUOTA_EXCEEDED);
	assert_int_equal(why.retry_at, (T0 + DAY) / 1000);
	assert_int_equal(ask(quota, "a@x", 100, 5, 2000, T0), FAILURE_NONE);
	close_quota(quota);
}

/* Bounded; the one who has been quiet longest goes, and nobody else. */
static void test_who_is_dropped(void **state)
{
	struct quota *quota = open_quota(10);
	char name[32];

	(void)state;
	for (int i = 0; i < 10; i++) {
		name_user(name, i);
		assert_int_equal(
		    ask(quota, name, 10, 0, 10, T0 + i * MINUTE), FAILURE_NONE);
	}
	assert_int_equal(users_of(quota), 10);
	/* All count: nobody's quota is forgotten for a new one. */
	assert_int_equal(ask(quota, "new@x", 1, 0, 10, T0 + 10 * MINUTE),
	    FAILURE_UNAVAILABLE);
	assert_true(strstr(why.reason, "max_users") != NULL);
	for (int i = 0; i < 10; i++) {
		name_user(name, i);
		assert_int_equal(ask(quota, name, 1, 0, 10, T0 + 10 * MINUTE),
		    FAILURE_QUOTA_EXCEEDED);
	}
	/* Who has no limit needs no place. */
	assert_int_equal(
	    ask(quota, "free@x", 1, 0, 0, T0 + 10 * MINUTE), FAILURE_NONE);
	assert_int_equal(ask(quota, "new@x", 1, 0, 10, T0 + DAY), FAILURE_NONE);
	name_user(name, 0);
	assert_int_equal(use_of(quota, name, T0 + DAY).bytes, 0);
	name_user(name, 1);
	assert_int_equal(use_of(quota, name, T0 + DAY).bytes, 10);
	assert_int_equal(users_of(quota), 10);
	close_quota(quota);
}

/* Slots alone are over after a minute: such users go before others who
 * came earlier, and leave by themselves when others come. */
static void test_users_without_bytes_are_quiet_sooner(void **state)
{
	struct quota *quota = open_quota(10);
	char name[32];

	(void)state;
	for (int i = 0; i < 5; i++) {
		name_user(name, i);
		assert_int_equal(ask(quota, name, 5, 0, 9, T0), FAILURE_NONE);
	}
	for (int i = 5; i < 10; i++) {
		name_user(name, i);
		assert_int_equal(
		    ask(quota, name, 5, 1, 0, T0 + SECOND), FAILURE_NONE);
	}
	assert_int_equal(
	    ask(quota, "n@x", 1, 1, 0, T0 + MINUTE), FAILURE_UNAVAILABLE);
	assert_int_equal(
	    ask(quota, "n@x", 1, 1, 0, T0 + MINUTE + SECOND), FAILURE_NONE);
	assert_int_equal(users_of(quota), 9);
	close_quota(quota);
}

/* A place for the user and none for the domain: neither is counted. */
static void test_both_places_or_none(void **state)
{
	struct quota *quota = open_quota(10);
	struct quota_charge charge = charge_of("n@x", 1, 1, 10, T0);
	char name[32];

	(void)state;
	for (int i = 0; i < 9; i++) {
		name_user(name, i);
		assert_int_equal(ask(quota, name, 5, 0, 9, T0), FAILURE_NONE);
	}
	charge.domain_bytes_per_day = 100;
	assert_int_equal(take(quota, &charge), FAILURE_UNAVAILABLE);
	assert_int_equal(users_of(quota), 9);
	assert_int_equal(use_of(quota, "n@x", T0).slots, 0);
	/* A quiet user is not dropped for his own domain's place. */
	charge.now = T0 + 2 * DAY;
	assert_int_equal(take(quota, &charge), FAILURE_NONE);
	charge.now += 2 * DAY;
	assert_int_equal(take(quota, &charge), FAILURE_NONE);
	assert_int_equal(use_of(quota, "n@x", charge.now).bytes, 1);
	close_quota(quota);
}

/* A clock that was years ahead when they uploaded, and is right again. */
static void test_a_clock_set_back_locks_nobody_out(void **state)
{
	struct quota *quota = open_quota(10);
	int64_t ahead = T0 + 3650 * DAY;

	(void)state;
	assert_int_equal(ask(quota, "a@x", 10, 1, 10, ahead), FAILURE_NONE);
	assert_int_equal(
	    ask(quota, "a@x", 10, 1, 10, T0), FAILURE_QUOTA_EXCEEDED);
	assert_int_equal(why.retry_at, (T0 + DAY) / 1000);
	assert_int_equal(ask(quota, "a@x", 10, 1, 10, T0 + DAY), FAILURE_NONE);
	close_quota(quota);
}

/* Who does not come again frees his place a day later, too, and is told so. */
static void test_a_clock_set_back_keeps_no_places(void **state)
{
	struct quota *quota = open_quota(4);
	int64_t ahead = T0 + 3650 * DAY;
	struct quota_use use;

	(void)state;
	assert_int_equal(ask(quota, "a@x", 10, 1, 10, ahead), FAILURE_NONE);
	assert_int_equal(ask(quota, "b@x", 10, 1, 10, ahead), FAILURE_NONE);
	assert_int_equal(ask(quota, "c@x", 10, 1, 0, ahead), FAILURE_NONE);
	assert_int_equal(ask(quota, "d@x", 10, 1, 0, ahead), FAILURE_NONE);
	use = use_of(quota, "a@x", T0);
	assert_int_equal(use.slots_free_at, T0 + MINUTE);
	assert_int_equal(use.bytes_free_at, T0 + DAY);
	assert_int_equal(ask(quota, "n@x", 1, 1, 10, T0), FAILURE_UNAVAILABLE);
	/* Those with slots alone go first. */
	assert_int_equal(
	    ask(quota, "n@x", 1, 1, 10, T0 + MINUTE), FAILURE_NONE);
	assert_int_equal(
	    ask(quota, "o@x", 1, 1, 10, T0 + MINUTE), FAILURE_NONE);
	assert_int_equal(
	    ask(quota, "p@x", 1, 1, 10, T0 + DAY - 1), FAILURE_UNAVAILABLE);
	assert_int_equal(ask(quota, "p@x", 1, 1, 10, T0 + DAY), FAILURE_NONE);
	close_quota(quota);
}

static size_t in_use(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/* Each of max_users places is for anybody, whatever the users are called; and
 * the one beyond them is told why. */
static void test_max_users_fit(void **state)
{
	const int max = 70000;
	struct quota *quota = open_quota((uint32_t)max);
	char name[32];

	(void)state;
	for (int i = 0; i < max; i++) {
		name_user(name, i);
		assert_int_equal(ask(quota, name, 5, 3, 9, T0), FAILURE_NONE);
	}
	assert_int_equal(users_of(quota), max);
	assert_int_equal(ask(quota, "new@x", 5, 3, 9, T0), FAILURE_UNAVAILABLE);
	assert_string_equal(why.reason, "quota.max_users is used up: raise it");
	/* One of them is free. */
	assert_true(quota->class->reset(quota, span_of("user7@example.org")));
	assert_int_equal(ask(quota, "new@x", 5, 3, 9, T0), FAILURE_NONE);
	assert_int_equal(users_of(quota), max);
	close_quota(quota);
}

/* 128 bytes for each, and whole pages. */
static void test_bytes_of_a_user(void **state)
{
	size_t before = in_use();
	struct quota *quota = open_quota(100000);
	char name[32];

	(void)state;
	for (int i = 0; i < 100000; i++) {
		name_user(name, i);
		ask(quota, name, 5, 3, 9, T0);
	}
	assert_int_equal(users_of(quota), 100000);
	assert_true(in_use() <= before + 100000 * 128 + 2 * 4096 + 16384);
	close_quota(quota);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slots_of_a_minute),
		cmocka_unit_test(test_a_boundary_doubles_nothing),
		cmocka_unit_test(test_bytes_of_a_day),
		cmocka_unit_test(test_a_file_beyond_the_quota),
		cmocka_unit_test(test_a_domain_as_a_whole),
		cmocka_unit_test(test_retry_at_of_several_limits),
		cmocka_unit_test(test_give_back),
		cmocka_unit_test(test_lower_limits_hold_at_once),
		cmocka_unit_test(test_who_is_dropped),
		cmocka_unit_test(test_users_without_bytes_are_quiet_sooner),
		cmocka_unit_test(test_both_places_or_none),
		cmocka_unit_test(test_a_clock_set_back_locks_nobody_out),
		cmocka_unit_test(test_a_clock_set_back_keeps_no_places),
		cmocka_unit_test(test_max_users_fit),
		cmocka_unit_test(test_bytes_of_a_user),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
