#include "quota/fixture.h"

/* Bytes for a purpose; slots are the user's, whatever they are for. */
static void test_an_account_of_its_own(void **state)
{
	struct quota *quota = open_quota(100);
	struct quota_charge own = charge_of("a@example.org", 70, 4, 70, T0);

	(void)state;
	own.account = span_of("a@example.org/profile");
	assert_int_equal(
	    ask(quota, "a@example.org", 60, 4, 100, T0), FAILURE_NONE);
	assert_int_equal(take(quota, &own), FAILURE_NONE);
	own.size = 1;
	assert_int_equal(take(quota, &own), FAILURE_QUOTA_EXCEEDED);
	own.size = 70;
	assert_int_equal(
	    ask(quota, "a@example.org", 40, 0, 100, T0), FAILURE_NONE);
	assert_int_equal(use_of(quota, "a@example.org", T0).slots, 2);
	assert_int_equal(use_of(quota, "a@example.org", T0).bytes, 100);
	assert_int_equal(use_of(quota, "a@example.org/profile", T0).slots, 0);
	assert_int_equal(use_of(quota, "a@example.org/profile", T0).bytes, 70);
	quota->class->give_back(quota, &own);
	assert_int_equal(use_of(quota, "a@example.org", T0).slots, 1);
	assert_int_equal(use_of(quota, "a@example.org", T0).bytes, 100);
	assert_int_equal(use_of(quota, "a@example.org/profile", T0).bytes, 0);
	quota->class->reset(quota, span_of("a@example.org"));
	assert_int_equal(users_of(quota), 0);
	close_quota(quota);
}

/* None of the three counts when there is no place for one of them. */
static void test_an_account_without_room(void **state)
{
	struct quota *quota = open_quota(10);
	struct quota_charge own = charge_of("a@example.org", 1, 1, 9, T0);
	char name[8];

	(void)state;
	own.account = span_of("a@example.org/profile");
	own.domain_bytes_per_day = 9;
	for (unsigned i = 0; i < 8; i++) {
		snprintf(name, sizeof name, "u%u@x", i);
		assert_int_equal(ask(quota, name, 1, 1, 9, T0), FAILURE_NONE);
	}
	assert_int_equal(take(quota, &own), FAILURE_UNAVAILABLE);
	assert_int_equal(users_of(quota), 8);
	close_quota(quota);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_account_of_its_own),
		cmocka_unit_test(test_an_account_without_room),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
