#include "expect.h"

#include "slotd/failure.h"

#include <stdio.h>

/* The contract's table, DESIGN section 3, row by row. */
static const struct {
	enum failure failure;
	const char *code;
	unsigned status;
	const char *condition;
	const char *type;
} rows[] = {
	{ FAILURE_BAD_REQUEST, "bad-request", 400, "bad-request", "modify" },
	{ FAILURE_UNAUTHORIZED, "unauthorized", 401, NULL, NULL },
	{ FAILURE_CLOCK_SKEW, "clock-skew", 401, NULL, NULL },
	{ FAILURE_REPLAYED, "replayed", 401, NULL, NULL },
	{ FAILURE_FORBIDDEN, "forbidden", 403, "forbidden", "auth" },
	{ FAILURE_SLOT_INVALID, "slot-invalid", 403, NULL, NULL },
	{ FAILURE_SLOT_EXPIRED, "slot-expired", 403, NULL, NULL },
	{ FAILURE_NOT_FOUND, "not-found", 404, NULL, NULL },
	{ FAILURE_METHOD_NOT_ALLOWED, "method-not-allowed", 405, NULL, NULL },
	{ FAILURE_ALREADY_EXISTS, "already-exists", 409, NULL, NULL },
	{ FAILURE_GONE, "gone", 410, NULL, NULL },
	{ FAILURE_LENGTH_REQUIRED, "length-required", 411, NULL, NULL },
	{ FAILURE_FILE_TOO_LARGE, "file-too-large", 413, "not-acceptable",
	    "modify" },
	{ FAILURE_LENGTH_MISMATCH, "length-mismatch", 413, NULL, NULL },
	{ FAILURE_BODY_TOO_LARGE, "body-too-large", 413, NULL, NULL },
	{ FAILURE_UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", 415, NULL,
	    NULL },
	{ FAILURE_RANGE_NOT_SATISFIABLE, "range-not-satisfiable", 416, NULL,
	    NULL },
	{ FAILURE_RATE_LIMITED, "rate-limited", 429, "resource-constraint",
	    "wait" },
	{ FAILURE_QUOTA_EXCEEDED, "quota-exceeded", 429, "resource-constraint",
	    "wait" },
	{ FAILURE_INTERNAL, "internal", 500, "service-unavailable", "wait" },
	{ FAILURE_NOT_IMPLEMENTED, "not-implemented", 501, NULL, NULL },
	{ FAILURE_UNAVAILABLE, "unavailable", 503, "service-unavailable",
	    "wait" },
	{ FAILURE_INSUFFICIENT_STORAGE, "insufficient-storage", 507,
	    "resource-constraint", "wait" },
};

static void expect_text(const char *got, const char *want)
{
	if (want)
		assert_string_equal(got, want);
	else
		assert_null(got);
}

static void test_every_row(void **state)
{
	(void)state;
	assert_int_equal(COUNT_OF(rows), FAILURE_COUNT - 1);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct failure_entry *entry =
		    failure_entry(rows[i].failure);

		assert_int_equal(rows[i].failure, i + 1);
		assert_string_equal(entry->code, rows[i].code);
		assert_int_equal(entry->status, rows[i].status);
		expect_text(entry->condition, rows[i].condition);
		expect_text(entry->type, rows[i].type);
		assert_true(strlen(entry->title) > 0);
		assert_true(strlen(entry->sentence) > 0);
	}
}

static void expect_detail(
    enum failure failure, const struct refusal *why, const char *want)
{
	char memory[FAILURE_DETAIL_MAX];
	struct buf out;

	buf_init(&out, memory, sizeof(memory));
	failure_write_detail(&out, failure, why);
	expect_buf(&out, want);
}

/* 2026-12-01T00:11:01Z is 1796083861: by `date -d`. */
static void test_details_for_people(void **state)
{
	const struct refusal nothing = { 0 };
	const struct refusal when = { .retry_at = 1796083861 };
	const struct refusal at_the_minute = { .retry_at = 1796083860 };
	const struct refusal caller = { .detail = "this caller hurries",
		.retry_at = 1796083861 };
	const struct refusal large = { .max_size = 1048576 };
	const struct refusal other = { .detail = "size: is missing" };

	(void)state;
	/* To the minute, and never early. */
	expect_detail(FAILURE_QUOTA_EXCEEDED, &when,
	    "the upload quota is used up until 2026-12-01 00:12 UTC");
	expect_detail(FAILURE_QUOTA_EXCEEDED, &at_the_minute,
	    "the upload quota is used up until 2026-12-01 00:11 UTC");
	expect_detail(
	    FAILURE_QUOTA_EXCEEDED, &nothing, "the upload quota is used up");
	expect_detail(FAILURE_RATE_LIMITED, &when,
	    "too many uploads requested within a minute; try again "
	    "after 2026-12-01 00:11:01 UTC");
	expect_detail(FAILURE_RATE_LIMITED, &caller,
	    "this caller hurries; try again after 2026-12-01 00:11:01 UTC");
	expect_detail(FAILURE_FILE_TOO_LARGE, &large,
	    "the file is too large: the limit is 1048576 bytes");
	expect_detail(FAILURE_BAD_REQUEST, &other, "size: is missing");
	expect_detail(FAILURE_NOT_FOUND, &nothing, "there is nothing here");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(
						test_details_for_people),
		cmocka_unit_test(test_every_row) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
