#ifndef SERVICE_METRICS_H
#define SERVICE_METRICS_H

#include <stdio.h>

#include "core/span.h"
#include "slotd/failure.h"

/* Routes of route.h, what has none and bases included. */
#define METRICS_ROUTES 24
#define METRICS_METHODS 7
#define METRICS_STATUSES 32
#define METRICS_BUCKETS 21
#define METRICS_LISTENERS 2
#define METRICS_REASONS 2
/* Domains that are told apart; slots of others count under "other". */
#define METRICS_DOMAINS 1000

/*
 * What has happened, for GET /metrics. Counting takes no lock and no memory,
 * but for the first slot of a domain, and may be done by any number of
 * threads. It lives as long as the process, whatever is read anew.
 */
struct metrics;

/* NULL: no memory. start is now, unix seconds; library is the version of
 * libmicrohttpd, a literal. */
struct metrics *metrics_open(int64_t start, const char *library);
void metrics_close(struct metrics *metrics);
int64_t metrics_start(const struct metrics *metrics);

/* A request was answered, or ended without (status 0). route is a number
 * below METRICS_ROUTES. */
void metrics_request(struct metrics *metrics, unsigned route,
    struct span method, unsigned status, int64_t micros);

/* Something was refused: a request, or a connection. */
void metrics_refusal(struct metrics *metrics, enum failure failure);

/* A slot was granted. caller is an id, domain a JID's, as jid.h has it. */
void metrics_slot(struct metrics *metrics, struct span caller,
    struct span domain, uint64_t bytes);

/* A file has arrived whole. */
void metrics_upload(struct metrics *metrics, uint64_t bytes);

/* A connection of a listener (0: listen, 1: public) has begun or ended; was
 * refused, for a reason as in enum refusal_kind. */
void metrics_connection(struct metrics *metrics, unsigned listener, bool begun);
void metrics_connection_refused(struct metrics *metrics, unsigned reason);
/* One was ended while it waited, for another that came. */
void metrics_connection_ended(struct metrics *metrics);

/* Lines that the log left out. */
void metrics_unsaid(struct metrics *metrics);

/* SIGHUP: the new configuration holds, or the old one stayed. */
void metrics_reload(struct metrics *metrics, bool successful, int64_t now);

/* Writes all of them in Prometheus' text format 0.0.4. routes are the names
 * of the numbers, up to a NULL. */
void metrics_write(
    const struct metrics *metrics, const char *const *routes, FILE *out);

#endif
