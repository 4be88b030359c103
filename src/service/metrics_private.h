#ifndef SERVICE_METRICS_PRIVATE_H
#define SERVICE_METRICS_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "service/metrics.h"

/* A power of two; more than half of it stays empty. */
#define SERIES_TABLE 4096
/* Room for "other" of each caller beside the domains. */
#define SERIES_MAX (METRICS_DOMAINS + 1000)

struct series {
	atomic_bool there; /* its names do not change any more */
	char caller[65];
	char domain[256];
	_Atomic(uint64_t) slots;
	_Atomic(uint64_t) bytes;
};

struct histogram {
	/* The last is for what is longer than all bounds. */
	_Atomic(uint64_t) counts[METRICS_BUCKETS + 1];
	_Atomic(uint64_t) micros;
};

struct metrics {
	int64_t start;
	const char *library; /* version of libmicrohttpd */
	_Atomic(uint64_t) requests[METRICS_ROUTES][METRICS_METHODS]
				  [METRICS_STATUSES];
	struct histogram durations[METRICS_ROUTES];
	_Atomic(uint64_t) refusals[FAILURE_COUNT];
	_Atomic(uint64_t) uploads;
	_Atomic(uint64_t) upload_bytes;
	_Atomic(uint64_t) connections[METRICS_LISTENERS];
	_Atomic(uint64_t) accepted[METRICS_LISTENERS];
	_Atomic(uint64_t) connections_refused[METRICS_REASONS];
	_Atomic(uint64_t) connections_ended;
	_Atomic(uint64_t) unsaid;
	_Atomic(uint64_t) reloads[2]; /* failures, successes */
	atomic_bool reload_failed;    /* the last one */
	_Atomic(int64_t) loaded;      /* when the configuration was read */

	pthread_mutex_t lock; /* for new series */
	unsigned domain_count;
	unsigned series_count;
	struct series *rest; /* when there is no room for another caller */
	struct series series[SERIES_TABLE];
};

/* The values of labels, in the order of their numbers. */
extern const char *const metrics_methods[METRICS_METHODS];
/* Up to a 0; 0 itself is number 0. */
extern const unsigned metrics_statuses[METRICS_STATUSES];
/* Upper bounds of the buckets in microseconds, inclusive. */
extern const int64_t metrics_bounds[METRICS_BUCKETS];

#endif
