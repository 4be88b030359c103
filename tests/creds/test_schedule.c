#include "expect.h"

#include "creds/schedule.h"

#define NOW 1000000

static void test_renewed_well_before(void **state)
{
	static const struct {
		int64_t left;
		int64_t earliest; /* seconds from now */
		int64_t latest;
	} rows[] = {
		/* A quarter before, and up to a fifth of that earlier. */
		{ 3600, 2520, 2700 },
		{ 1000, 700, 750 },
		{ 100, 70, 75 },
		{ 8, 6, 6 },
		/* At most 15 minutes before, and 18. */
		{ 21600, 20520, 20700 },
		{ 43200, 42120, 42300 },
		/* Never now, never after. */
		{ 1, 1, 1 },
		{ 0, 1, 1 },
		{ -5, 1, 1 },
	};
	int64_t first, last, at;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		first = INT64_MAX;
		last = 0;
		for (uint32_t random = 0; random < 1000; random++) {
			at = creds_renew_at(NOW, NOW + rows[i].left, random) -
			     NOW;
			first = at < first ? at : first;
			last = at > last ? at : last;
		}
		assert_int_equal(first, rows[i].earliest);
		assert_int_equal(last, rows[i].latest);
	}
}

static void test_asked_again(void **state)
{
	(void)state;
	assert_int_equal(creds_ask_again_at(NOW, NOW + 900), NOW + 60);
	assert_int_equal(creds_ask_again_at(NOW, NOW + 400), NOW + 50);
	assert_int_equal(creds_ask_again_at(NOW, NOW + 9), NOW + 1);
	assert_int_equal(creds_ask_again_at(NOW, NOW - 9), NOW + 1);
}

static void test_retries(void **state)
{
	static const struct {
		unsigned failures;
		int64_t left;
		int shortest; /* milliseconds */
		int longest;
	} rows[] = {
		{ 1, 3600, 500, 1000 },
		{ 2, 3600, 1000, 2000 },
		{ 5, 3600, 8000, 16000 },
		{ 6, 3600, 15000, 30000 },
		{ 4000000000, 3600, 15000, 30000 },
		/* With none left it asks more often. */
		{ 1, 0, 500, 1000 },
		{ 9, 0, 5000, 10000 },
		{ 9, -100, 5000, 10000 },
		/* At least four times until they end. */
		{ 9, 40, 10000, 10000 },
		{ 9, 1, 250, 250 },
	};
	int first, last, delay;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		first = INT32_MAX;
		last = 0;
		for (uint32_t random = 0; random < 40000; random++) {
			delay = creds_retry_ms(
			    rows[i].failures, rows[i].left, random);
			first = delay < first ? delay : first;
			last = delay > last ? delay : last;
		}
		assert_int_equal(first, rows[i].shortest);
		assert_int_equal(last, rows[i].longest);
	}
}

static void test_what_the_log_says(void **state)
{
	static const struct {
		int64_t at;
		bool failing;
		bool none;
		enum creds_news news;
	} rows[] = {
		{ 0, false, false, CREDS_NEWS_NOTHING },
		{ 1, true, false, CREDS_NEWS_FAILING },
		{ 2, true, false, CREDS_NEWS_NOTHING },
		{ 600, true, false, CREDS_NEWS_NOTHING },
		{ 601, true, false, CREDS_NEWS_FAILING },
		{ 610, true, true, CREDS_NEWS_NONE },
		{ 611, true, true, CREDS_NEWS_NOTHING },
		{ 1210, true, true, CREDS_NEWS_NONE },
		{ 1211, false, false, CREDS_NEWS_WELL },
		{ 1212, false, false, CREDS_NEWS_NOTHING },
		/* Too soon: neither this nor its end is told. */
		{ 1213, true, false, CREDS_NEWS_NOTHING },
		{ 1214, false, false, CREDS_NEWS_NOTHING },
		{ 1270, true, false, CREDS_NEWS_FAILING },
		{ 1271, false, false, CREDS_NEWS_WELL },
		{ 1330, true, true, CREDS_NEWS_NONE },
		{ 1331, false, false, CREDS_NEWS_WELL },
		/* The clock is set back by an hour, twice. */
		{ -2269, true, false, CREDS_NEWS_FAILING },
		{ -2268, true, false, CREDS_NEWS_NOTHING },
		{ -5868, true, true, CREDS_NEWS_NONE },
		{ -5867, true, true, CREDS_NEWS_NOTHING },
		{ -5268, true, true, CREDS_NEWS_NONE },
	};
	struct creds_voice voice = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(creds_voice_next(&voice, NOW + rows[i].at,
				     rows[i].failing, rows[i].none),
		    rows[i].news);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_renewed_well_before),
		cmocka_unit_test(test_asked_again),
		cmocka_unit_test(test_retries),
		cmocka_unit_test(test_what_the_log_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
