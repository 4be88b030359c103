#include "slotd/failure.h"

#include "core/stamp.h"

#include <stddef.h>

/* clang-format off */
static const struct failure_entry table[FAILURE_COUNT] = {
	[FAILURE_NONE] = { "", 200, "OK", "", NULL, NULL },
	[FAILURE_BAD_REQUEST] = { "bad-request", 400, "Bad Request",
		"the request is malformed", "bad-request", "modify" },
	[FAILURE_UNAUTHORIZED] = { "unauthorized", 401, "Unauthorized",
		"the request is not signed by a known caller", NULL, NULL },
	[FAILURE_CLOCK_SKEW] = { "clock-skew", 401, "Unauthorized",
		"ts differs too much from this server's clock", NULL, NULL },
	[FAILURE_REPLAYED] = { "replayed", 401, "Unauthorized",
		"this nonce was used before", NULL, NULL },
	[FAILURE_FORBIDDEN] = { "forbidden", 403, "Forbidden",
		"the policy does not allow this", "forbidden", "auth" },
	[FAILURE_SLOT_INVALID] = { "slot-invalid", 403, "Forbidden",
		"this server did not issue this slot", NULL, NULL },
	[FAILURE_SLOT_EXPIRED] = { "slot-expired", 403, "Forbidden",
		"this slot has expired; ask for a new one", NULL, NULL },
	[FAILURE_NOT_FOUND] = { "not-found", 404, "Not Found",
		"there is nothing here", NULL, NULL },
	[FAILURE_METHOD_NOT_ALLOWED] = { "method-not-allowed", 405,
		"Method Not Allowed",
		"this method is not allowed here; see Allow", NULL, NULL },
	[FAILURE_ALREADY_EXISTS] = { "already-exists", 409, "Conflict",
		"this slot was already used", NULL, NULL },
	[FAILURE_GONE] = { "gone", 410, "Gone",
		"this file was kept until its end, and is gone", NULL, NULL },
	[FAILURE_LENGTH_REQUIRED] = { "length-required", 411,
		"Length Required",
		"Content-Length is missing; it must be the slot's size",
		NULL, NULL },
	[FAILURE_FILE_TOO_LARGE] = { "file-too-large", 413,
		"Content Too Large", "the file is too large",
		"not-acceptable", "modify" },
	[FAILURE_LENGTH_MISMATCH] = { "length-mismatch", 413,
		"Content Too Large",
		"Content-Length differs from the slot's size", NULL, NULL },
	[FAILURE_BODY_TOO_LARGE] = { "body-too-large", 413,
		"Content Too Large", "the request body is larger than 16 KiB",
		NULL, NULL },
	[FAILURE_UNSUPPORTED_MEDIA_TYPE] = { "unsupported-media-type", 415,
		"Unsupported Media Type",
		"Content-Type must be application/json", NULL, NULL },
	[FAILURE_RANGE_NOT_SATISFIABLE] = { "range-not-satisfiable", 416,
		"Range Not Satisfiable",
		"the range starts beyond the end of the file",
		NULL, NULL },
	[FAILURE_RATE_LIMITED] = { "rate-limited", 429, "Too Many Requests",
		"too many uploads requested within a minute",
		"resource-constraint", "wait" },
	[FAILURE_QUOTA_EXCEEDED] = { "quota-exceeded", 429,
		"Too Many Requests", "the upload quota is used up",
		"resource-constraint", "wait" },
	[FAILURE_INTERNAL] = { "internal", 500, "Internal Server Error",
		"internal error; the server's log says more",
		"service-unavailable", "wait" },
	[FAILURE_NOT_IMPLEMENTED] = { "not-implemented", 501,
		"Not Implemented", "this server cannot do this", NULL, NULL },
	[FAILURE_UNAVAILABLE] = { "unavailable", 503, "Service Unavailable",
		"temporarily unavailable; try again later",
		"service-unavailable", "wait" },
	[FAILURE_INSUFFICIENT_STORAGE] = { "insufficient-storage", 507,
		"Insufficient Storage", "there is no room for this file",
		"resource-constraint", "wait" },
};
/* clang-format on */

const struct failure_entry *failure_entry(enum failure failure)
{
	return &table[failure];
}

enum failure failure_reason(
    enum failure failure, const char *reason, struct refusal *why)
{
	why->reason = reason;
	return failure;
}

enum failure failure_detail(
    enum failure failure, const char *detail, struct refusal *why)
{
	why->detail = detail;
	return failure;
}

/* 2026-12-01 00:12 UTC, or with seconds. Rounds up to the next minute, so that
 * nobody tries again too early. */
static void add_time(struct buf *out, int64_t seconds, bool to_minute)
{
	char memory[32];
	struct buf stamp = buf_of(memory, sizeof memory);

	stamp_rfc3339(&stamp, to_minute ? seconds + 59 : seconds);
	buf_add(out, span_first(buf_span(&stamp), 10));
	buf_char(out, ' ');
	buf_add(out,
	    span_first(span_from(buf_span(&stamp), 11), to_minute ? 5 : 8));
	buf_text(out, " UTC");
}

void failure_write_detail(
    struct buf *out, enum failure failure, const struct refusal *why)
{
	buf_text(
	    out, why->detail ? why->detail : failure_entry(failure)->sentence);
	if (failure == FAILURE_FILE_TOO_LARGE) {
		buf_text(out, ": the limit is ");
		buf_u64(out, why->max_size);
		buf_text(out, " bytes");
	} else if (failure == FAILURE_QUOTA_EXCEEDED && why->retry_at) {
		buf_text(out, " until ");
		add_time(out, why->retry_at, true);
	} else if (failure == FAILURE_RATE_LIMITED && why->retry_at) {
		buf_text(out, "; try again after ");
		add_time(out, why->retry_at, false);
	}
}
