#include "quota/fixture.h"

#include "quota/windows.h"

/*
 * Random requests of a few users under a fake clock, judged by a list of all
 * that was ever granted. Whatever the counter does inside: no window holds
 * more than the limit, no refusal is older than one part explains, and
 * retry_at is the very second.
 */
#define USERS 3
#define GRANTS_MAX 40000
#define STEPS 6000 /* of each run */
#define SLOTS 7
#define BYTES 100000
#define DOMAIN_BYTES 180000
/* How long what lies in a part may count beyond its window. */
#define MINUTE_GRAIN (10 * SECOND)
#define DAY_GRAIN (9600 * SECOND)

struct grant {
	int user;
	uint64_t size;
	int64_t at; /* by a clock that nobody sets */
};

static struct grant grants[GRANTS_MAX];
static size_t grant_count;
static int64_t behind; /* how far the clock was set back, in all */
static uint64_t seed;
static const char *const names[USERS] = { "a@example.org", "b@example.org",
	"example.org" };

static uint64_t random_below(uint64_t limit)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % limit;
}

struct sums {
	uint64_t slots;
	uint64_t bytes;
	uint64_t domain_bytes;
};

/* Of all grants in windows of these lengths that end now. */
static struct sums sum(int user, int64_t now, int64_t minute, int64_t day)
{
	struct sums sums = { 0 };

	now += behind;
	for (size_t i = grant_count; i-- > 0;) {
		const struct grant *grant = &grants[i];

		if (grant->at <= now - 3 * DAY)
			break;
		if (grant->user == user && grant->at > now - minute)
			sums.slots++;
		if (grant->user == user && grant->at > now - day)
			sums.bytes += grant->size;
		if (grant->at > now - day)
			sums.domain_bytes += grant->size;
	}
	return sums;
}

static bool fits(struct sums used, uint64_t size)
{
	return used.slots + 1 <= SLOTS && used.bytes + size <= BYTES &&
	       used.domain_bytes + size <= DOMAIN_BYTES;
}

static struct quota_charge wish(int user, uint64_t size, int64_t now)
{
	struct quota_charge charge =
	    charge_of(names[user], size, SLOTS, BYTES, now);

	charge.domain_bytes_per_day = DOMAIN_BYTES;
	return charge;
}

static void expect_refused(
    struct quota *quota, struct quota_charge charge, int64_t now)
{
	charge.now = now;
	if (take(quota, &charge) == FAILURE_NONE)
		fail_msg("granted at %lld", (long long)now);
}

/* Judges what was said to a wish; gives the time it ended at. */
static int64_t judge(struct quota *quota, int user, uint64_t size, int64_t now)
{
	struct quota_charge charge = wish(user, size, now);
	enum failure failure = take(quota, &charge);
	struct sums used = sum(user, now, MINUTE, DAY);

	if (failure != FAILURE_NONE) {
		int64_t retry = why.retry_at * SECOND;

		assert_true(failure == FAILURE_RATE_LIMITED ||
			    failure == FAILURE_QUOTA_EXCEEDED);
		/* What a clock that was set back has ahead counts longer. */
		assert_true(
		    behind || !fits(sum(user, now, MINUTE + MINUTE_GRAIN,
					DAY + DAY_GRAIN),
				  size));
		assert_true(retry > now);
		if (retry - SECOND > now)
			expect_refused(quota, charge, retry - SECOND);
		expect_refused(quota, charge, retry - 1);
		now = retry;
		charge.now = now;
		assert_int_equal(take(quota, &charge), FAILURE_NONE);
		used = sum(user, now, MINUTE, DAY);
	}
	assert_true(fits(used, size));
	if (random_below(8) == 0) {
		quota->class->give_back(quota, &charge);
	} else {
		assert_true(grant_count < GRANTS_MAX);
		grants[grant_count++] =
		    (struct grant){ user, size, now + behind };
	}
	return now;
}

/* What it says is used: all of the window, and no more than a part beyond. */
static void check_use(struct quota *quota, int user, int64_t now)
{
	struct quota_use use = use_of(quota, names[user], now);
	struct sums least = sum(user, now, MINUTE, DAY);
	struct sums most =
	    sum(user, now, MINUTE + MINUTE_GRAIN, DAY + DAY_GRAIN);

	assert_true(use.slots >= least.slots && use.bytes >= least.bytes);
	assert_true(behind || use.slots <= most.slots);
	assert_true(behind || use.bytes <= most.bytes);
	assert_int_equal(use.slots_free_at > now, use.slots > 0);
	assert_int_equal(use.slots_free_at != 0, use.slots > 0);
	assert_int_equal(use.bytes_free_at > now, use.bytes > 0);
	assert_int_equal(use.bytes_free_at != 0, use.bytes > 0);
	if (user == 2)
		assert_true(use.domain_bytes >= least.domain_bytes);
}

static int64_t rest_of(void)
{
	switch (random_below(5)) {
	case 0:
		return 0;
	case 1:
		return (int64_t)random_below(1500);
	case 2:
		return (int64_t)random_below(20) * SECOND;
	case 3:
		return (int64_t)random_below((uint64_t)HOUR);
	default:
		return (int64_t)random_below((uint64_t)MINUTE);
	}
}

static uint64_t a_size(void)
{
	switch (random_below(4)) {
	case 0:
		return 0;
	case 1:
		return random_below(BYTES + 1);
	default:
		return random_below(BYTES / 20);
	}
}

static void run(uint64_t first, bool back)
{
	struct quota *quota = open_quota(100);
	int64_t now = T0;

	seed = first;
	grant_count = 0;
	behind = 0;
	for (int i = 0; i < STEPS; i++) {
		int user = (int)random_below(USERS);
		int64_t step = random_below(2) ? MINUTE : HOUR;

		now += rest_of();
		if (back && random_below(10) == 0) {
			step = (int64_t)random_below((uint64_t)step);
			behind += step;
			now -= step;
		}
		now = judge(quota, user, a_size(), now);
		check_use(quota, user, now);
	}
	assert_true(grant_count > 100);
	close_quota(quota);
}

static void test_against_the_model(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 10; i++)
		run(1000 + i, false);
}

/* 3000 in one minute, 3000 in the next, and the clock goes back over both:
 * more than a part can count is not taken for few. */
static void test_parts_that_come_together(void **state)
{
	struct windows windows = { 0 };
	const int64_t late = T0 + MINUTE, early = late - 200 * SECOND;

	(void)state;
	windows_turn(&windows, T0);
	windows_add(&windows, T0, 3000, 0);
	windows_turn(&windows, late);
	windows_add(&windows, late, 3000, 0);
	windows_turn(&windows, early);
	assert_true(windows_used(&windows, WINDOW_MINUTE, early) >= 3000);
}

static void test_with_a_clock_that_steps_back(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 10; i++)
		run(2000 + i, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_the_model),
		cmocka_unit_test(test_with_a_clock_that_steps_back),
		cmocka_unit_test(test_parts_that_come_together),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
