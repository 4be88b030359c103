#ifndef SERVICE_METRICS_H
#define SERVICE_METRICS_H

#include <stdio.h>

#include "core/span.h"
#include "slotd/failure.h"

/* The routes of the table, and those of route_names that are in no table. */
#define METRICS_ROUTES 24
/* Domains with counters of their own; slots of others count under "other". */
#define METRICS_DOMAINS 1000

/*
 * The numbers that GET /metrics shows. They live as long as the process and
 * are kept over reloads. Any thread may count. Counting takes no lock and no
 * memory, except for the first slot of a caller and domain, which takes a
 * lock.
 */
struct metrics;

/* Counters without labels from outside. A counter with a range has one number
 * for each value of its label, from its name on. */
enum metrics_counter {
	METRICS_UPLOADS, /* files that were uploaded whole */
	METRICS_UPLOAD_BYTES,
	METRICS_OPEN,                           /* of listen, then of public */
	METRICS_ACCEPTED = METRICS_OPEN + 2,    /* likewise */
	METRICS_REFUSED = METRICS_ACCEPTED + 2, /* as enum refusal_kind */
	/* Idle connections closed in favour of a new one. */
	METRICS_ENDED = METRICS_REFUSED + 2,
	METRICS_SUPPRESSED, /* log lines on strangers that were left out */
	METRICS_RELOADS,    /* failed, then successful */
	METRICS_COUNTERS = METRICS_RELOADS + 2
};

/* start is now in unix seconds; library is the version of libmicrohttpd, a
 * literal. Returns NULL without memory. */
struct metrics *metrics_open(int64_t start, const char *library);
void metrics_close(struct metrics *metrics);

/* Adds to a counter; -1 counts the end of an open connection. */
void metrics_count(
    struct metrics *metrics, enum metrics_counter counter, int64_t more);

/* Counts a request that was answered, or that ended without an answer (status
 * 0). route is a number below METRICS_ROUTES. */
void metrics_request(struct metrics *metrics, unsigned route,
    struct span method, unsigned status, int64_t micros);

/* Counts a refused request or connection by its failure. */
void metrics_refusal(struct metrics *metrics, enum failure failure);

/* Counts a granted slot. caller is an id; domain is a JID's, as jid_read gives
 * it. */
void metrics_slot(struct metrics *metrics, struct span caller,
    struct span domain, uint64_t bytes);

/* Counts a reload that succeeded, or that kept the previous configuration. */
void metrics_reload(struct metrics *metrics, bool successful, int64_t now);

/* Writes all numbers, and those of the process, in Prometheus' text format
 * 0.0.4. routes are the names of
 * the routes by number and end with NULL. */
void metrics_write(
    const struct metrics *metrics, const char *const *routes, FILE *out);

#endif
