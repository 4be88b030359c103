#ifndef SLOTD_FAILURE_H
#define SLOTD_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"

/*
 * Everything that can go wrong with a request. One table gives each failure
 * its HTTP status, code, sentence and XMPP stanza error. Codes are stable:
 * clients may test them.
 */
enum failure {
	FAILURE_NONE,
	FAILURE_BAD_REQUEST,
	FAILURE_UNAUTHORIZED,
	FAILURE_CLOCK_SKEW,
	FAILURE_REPLAYED,
	FAILURE_FORBIDDEN,
	FAILURE_SLOT_INVALID,
	FAILURE_SLOT_EXPIRED,
	FAILURE_NOT_FOUND,
	FAILURE_METHOD_NOT_ALLOWED,
	FAILURE_ALREADY_EXISTS,
	FAILURE_GONE,
	FAILURE_LENGTH_REQUIRED,
	FAILURE_FILE_TOO_LARGE,
	FAILURE_LENGTH_MISMATCH,
	FAILURE_BODY_TOO_LARGE,
	FAILURE_UNSUPPORTED_MEDIA_TYPE,
	FAILURE_RANGE_NOT_SATISFIABLE,
	FAILURE_RATE_LIMITED,
	FAILURE_QUOTA_EXCEEDED,
	FAILURE_INTERNAL,
	FAILURE_NOT_IMPLEMENTED,
	FAILURE_UNAVAILABLE,
	FAILURE_INSUFFICIENT_STORAGE,
	FAILURE_COUNT
};

/* One row of the table. condition and type are NULL where an XMPP server
 * has no stanza error to send (RFC 6120, section 8.3). */
struct failure_entry {
	const char *code;      /* "bad-request" */
	unsigned status;       /* 400 */
	const char *title;     /* the status code's phrase, RFC 9110 */
	const char *sentence;  /* the detail, unless refusal has one */
	const char *condition; /* "not-acceptable" */
	const char *type;      /* "modify" */
};

/* The row of any failure but FAILURE_NONE. */
const struct failure_entry *failure_entry(enum failure failure);

#define FAILURE_DETAIL_MAX 256

/*
 * Details of one failure. The strings are literals. Functions that can fail
 * fill it only when they fail.
 */
struct refusal {
	const char *detail; /* for the caller; NULL: the table's sentence */
	const char *reason; /* for the log only; NULL: none */
	uint64_t max_size;  /* with FAILURE_FILE_TOO_LARGE: bytes */
	int64_t retry_at; /* with FAILURE_RATE_LIMITED, FAILURE_QUOTA_EXCEEDED:
	                   * unix seconds; 0: not known, or never */
};

/* Gives the failure, with why->reason or why->detail set. */
enum failure failure_reason(
    enum failure failure, const char *reason, struct refusal *why);
enum failure failure_detail(
    enum failure failure, const char *detail, struct refusal *why);

/*
 * Appends the sentence for people, which chat clients show: why->detail or
 * the table's sentence, and the limit or the time that why has. Appends at
 * most FAILURE_DETAIL_MAX bytes and the length of why->detail.
 */
void failure_write_detail(
    struct buf *out, enum failure failure, const struct refusal *why);

#endif
