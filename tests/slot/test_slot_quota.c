#include "expect.h"

#include "slot/slot.h"

#define NOW 1369353600500 /* unix milliseconds */

/* A counter that writes down what it is asked, and a store that may fail. */
struct fake {
	struct quota quota;
	struct store store;
	struct quota_charge charge;
	char user[64];
	int taken, given_back;
	uint64_t bytes;
	enum failure failure; /* of take */
	enum failure wrong;   /* of sign */
	bool too_long;
};

static struct fake fake;
static struct slot slot;
static struct refusal why;

static enum failure take(struct quota *quota, struct quota_charge *charge,
    uint64_t *ret_bytes, struct refusal *ret_why)
{
	assert_ptr_equal(quota, &fake.quota);
	/* The policy has been asked, the store not yet. */
	assert_int_equal(slot.put.len, 0);
	fake.taken++;
	fake.charge = *charge;
	memcpy(fake.user, charge->user.at, charge->user.len);
	charge->now += 7;
	if (fake.failure != FAILURE_NONE)
		ret_why->retry_at = 42;
	*ret_bytes = fake.bytes;
	return fake.failure;
}

static void give_back(struct quota *quota, const struct quota_charge *charge)
{
	(void)quota;
	fake.given_back++;
	/* As take has left it. */
	assert_int_equal(charge->now, NOW + 7);
	expect_span(charge->user, fake.user);
}

static const struct quota_class quota_class = {
	.type = "fake", .take = take, .give_back = give_back
};

static enum failure sign(struct store *store,
    const struct store_request *request, struct store_slot *ret_slot,
    struct refusal *ret_why)
{
	(void)store;
	(void)ret_why;
	assert_int_equal(request->now, NOW / 1000);
	buf_text(ret_slot->put, "https://put.example/");
	if (fake.too_long)
		ret_slot->get->full = true;
	return fake.wrong;
}

static const struct store_class store_class = { .type = "fake", .sign = sign };

static enum failure issue(const char *jid, uint64_t size,
    uint32_t slots_per_minute, uint64_t bytes_per_day)
{
	const struct caller caller = { 0 };
	const struct policies policies = {
		.of = { {
		    .max_size = 1000,
		    .slots_per_minute = slots_per_minute,
		    .bytes_per_day = bytes_per_day,
		    .domain_bytes_per_day = bytes_per_day * 5,
		} },
		.offers = { true },
	};
	struct jid who;
	const struct slot_request request = { .caller = &caller,
		.jid = &who,
		.filename = span_of("a.txt"),
		.size = size };
	const uint8_t random[RANDOM_BYTES] = { 0 };
	struct key_template template;
	const struct issuer issuer = { &policies, &template, NULL,
		&fake.store };
	const struct issuers issuers = { .list = &issuer,
		.quota = &fake.quota };
	const char *wrong;

	fake.quota.class = &quota_class;
	fake.store.class = &store_class;
	memset(fake.user, 0, sizeof fake.user);
	fake.taken = fake.given_back = 0;
	why = (struct refusal){ 0 };
	assert_true(key_template_parse(span_of("{random}"), &template, &wrong));
	assert_true(jid_parse(span_of(jid), &who, &wrong));
	return slot_issue(&issuers, &request, NOW, random, &slot, &why);
}

static void test_what_is_counted(void **state)
{
	(void)state;
	fake = (struct fake){ 0 };
	assert_int_equal(
	    issue("Juliet@Example.ORG/x", 10, 3, 200), FAILURE_NONE);
	assert_int_equal(fake.taken, 1);
	assert_int_equal(fake.given_back, 0);
	assert_string_equal(fake.user, "juliet@example.org");
	assert_int_equal(fake.charge.size, 10);
	assert_int_equal(fake.charge.slots_per_minute, 3);
	assert_int_equal(fake.charge.bytes_per_day, 200);
	assert_int_equal(fake.charge.domain_bytes_per_day, 1000);
	assert_int_equal(fake.charge.now, NOW);
	/* A domain alone is one user. */
	assert_int_equal(issue("Gateway.example", 10, 3, 0), FAILURE_NONE);
	assert_string_equal(fake.user, "gateway.example");
}

static void test_without_limits_nobody_is_asked(void **state)
{
	(void)state;
	fake = (struct fake){ .failure = FAILURE_RATE_LIMITED };
	assert_int_equal(issue("a@example.org", 10, 0, 0), FAILURE_NONE);
	assert_int_equal(fake.taken, 0);
}

static void test_what_the_policy_refuses_is_not_counted(void **state)
{
	(void)state;
	fake = (struct fake){ 0 };
	assert_int_equal(
	    issue("a@example.org", 1001, 3, 2000), FAILURE_FILE_TOO_LARGE);
	assert_int_equal(fake.taken, 0);
}

static void test_refusals_are_passed_on(void **state)
{
	(void)state;
	fake = (struct fake){ .failure = FAILURE_QUOTA_EXCEEDED };
	assert_int_equal(
	    issue("a@example.org", 10, 3, 200), FAILURE_QUOTA_EXCEEDED);
	assert_int_equal(why.retry_at, 42);
	assert_int_equal(fake.given_back, 0);
	assert_int_equal(slot.put.len, 0);
}

static void test_a_later_failure_gives_back(void **state)
{
	(void)state;
	fake = (struct fake){ .wrong = FAILURE_INSUFFICIENT_STORAGE };
	assert_int_equal(
	    issue("a@example.org", 10, 3, 0), FAILURE_INSUFFICIENT_STORAGE);
	assert_int_equal(fake.given_back, 1);
	fake = (struct fake){ .too_long = true };
	assert_int_equal(issue("a@example.org", 10, 3, 0), FAILURE_INTERNAL);
	assert_int_equal(fake.given_back, 1);
}

/* Its answer was not delivered: once, with all that was counted. */
static void test_what_reaches_nobody_is_given_back(void **state)
{
	(void)state;
	fake = (struct fake){ 0 };
	assert_int_equal(
	    issue("Juliet@example.org/x", 10, 3, 200), FAILURE_NONE);
	expect_span(slot.charge.domain, "example.org");
	assert_int_equal(slot.charge.size, 10);
	for (int i = 0; i < 2; i++)
		slot_give_back(&fake.quota, &slot);
	assert_int_equal(fake.given_back, 1);
	/* Nothing was counted. */
	assert_int_equal(issue("juliet@example.org", 10, 0, 0), FAILURE_NONE);
	slot_give_back(&fake.quota, &slot);
	assert_int_equal(fake.given_back, 0);
	fake.failure = FAILURE_RATE_LIMITED;
	assert_int_equal(
	    issue("juliet@example.org", 10, 3, 0), FAILURE_RATE_LIMITED);
	slot_give_back(&fake.quota, &slot);
	assert_int_equal(fake.given_back, 0);
}

/* The one that goes over the mark, of ten that are near. */
static void test_nearly_is_told_once(void **state)
{
	(void)state;
	fake = (struct fake){ .bytes = 899 };
	assert_int_equal(issue("a@example.org", 10, 0, 1000), FAILURE_NONE);
	assert_int_equal(slot.nearly, 0);
	fake.bytes = 900;
	assert_int_equal(issue("a@example.org", 10, 0, 1000), FAILURE_NONE);
	assert_int_equal(slot.nearly, 900);
	fake.bytes = 910;
	assert_int_equal(issue("a@example.org", 10, 0, 1000), FAILURE_NONE);
	assert_int_equal(slot.nearly, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_counted),
		cmocka_unit_test(test_what_reaches_nobody_is_given_back),
		cmocka_unit_test(test_without_limits_nobody_is_asked),
		cmocka_unit_test(test_what_the_policy_refuses_is_not_counted),
		cmocka_unit_test(test_refusals_are_passed_on),
		cmocka_unit_test(test_a_later_failure_gives_back),
		cmocka_unit_test(test_nearly_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
