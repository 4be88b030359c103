#include "service/metrics_private.h"

#include <stdlib.h>
#include <string.h>

#define OTHER "other"

const char *const metrics_methods[METRICS_METHODS] = { "GET", "HEAD", "POST",
	"PUT", "OPTIONS", "DELETE", OTHER };

/* The last of METRICS_STATUSES is for what is not here. */
const unsigned metrics_statuses[METRICS_STATUSES] = { 0, 200, 201, 204, 206,
	302, 304, 400, 401, 402, 403, 404, 405, 408, 409, 410, 411, 413, 415,
	416, 429, 500, 501, 503, 507 };

/* A slot takes some 20 microseconds, an upload as long as upload_timeout. */
const int64_t metrics_bounds[METRICS_BUCKETS] = { 20, 50, 100, 200, 500, 1000,
	2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000,
	2500000, 10000000, 30000000, 120000000, 600000000, 3600000000 };

static void add(_Atomic(uint64_t) *count, uint64_t more)
{
	atomic_fetch_add_explicit(count, more, memory_order_relaxed);
}

static unsigned method_number(struct span method)
{
	unsigned number = 0;

	while (number < METRICS_METHODS - 1 &&
	       !span_is(method, metrics_methods[number]))
		number++;
	return number;
}

static unsigned status_number(unsigned status)
{
	for (unsigned i = 0; i < METRICS_STATUSES - 1; i++)
		if (metrics_statuses[i] == status)
			return i;
	return METRICS_STATUSES - 1;
}

void metrics_request(struct metrics *metrics, unsigned route,
    struct span method, unsigned status, int64_t micros)
{
	struct histogram *histogram = &metrics->durations[route];
	unsigned bucket = 0;

	while (bucket < METRICS_BUCKETS && micros > metrics_bounds[bucket])
		bucket++;
	add(&metrics->requests[route][method_number(method)]
			      [status_number(status)],
	    1);
	add(&histogram->counts[bucket], 1);
	add(&histogram->micros, (uint64_t)micros);
}

void metrics_refusal(struct metrics *metrics, enum failure failure)
{
	add(&metrics->refusals[failure], 1);
}

/* --- slots ----------------------------------------------------------------*/

/* The series of these names, or the empty one where it would be. */
static struct series *look_up(
    struct metrics *metrics, struct span caller, struct span domain)
{
	uint32_t at = span_hash(span_hash(SPAN_HASH, caller), domain);

	while (true) {
		struct series *series = &metrics->series[at % SERIES_TABLE];

		if (!atomic_load_explicit(
			&series->there, memory_order_acquire) ||
		    (span_is(caller, series->caller) &&
			span_is(domain, series->domain)))
			return series;
		at++;
	}
}

static struct series *enter(
    struct metrics *metrics, struct span caller, struct span domain)
{
	struct series *series = look_up(metrics, caller, domain);

	if (atomic_load(&series->there))
		return series;
	if (!span_is(domain, OTHER) && metrics->domain_count == METRICS_DOMAINS)
		return enter(metrics, caller, span_of(OTHER));
	if (metrics->series_count == SERIES_MAX)
		return metrics->rest;
	metrics->series_count++;
	if (!span_is(domain, OTHER))
		metrics->domain_count++;
	memcpy(series->caller, caller.at, caller.len);
	memcpy(series->domain, domain.at, domain.len);
	atomic_store_explicit(&series->there, true, memory_order_release);
	return series;
}

void metrics_slot(struct metrics *metrics, struct span caller,
    struct span domain, uint64_t bytes)
{
	struct series *series;

	if (caller.len >= sizeof series->caller)
		caller = span_of(OTHER);
	/* Longer ones are no names of the DNS. */
	if (domain.len >= sizeof series->domain)
		domain = span_of(OTHER);
	series = look_up(metrics, caller, domain);
	if (!atomic_load(&series->there)) {
		pthread_mutex_lock(&metrics->lock);
		series = enter(metrics, caller, domain);
		pthread_mutex_unlock(&metrics->lock);
	}
	add(&series->slots, 1);
	add(&series->bytes, bytes);
}

/* --- the rest -------------------------------------------------------------*/

struct metrics *metrics_open(int64_t start, const char *library)
{
	/* Pages of series that nobody uses are never touched. */
	struct metrics *metrics = calloc(1, sizeof *metrics);

	if (!metrics)
		return NULL;
	metrics->start = start;
	metrics->library = library;
	atomic_init(&metrics->loaded, start);
	pthread_mutex_init(&metrics->lock, NULL);
	metrics->rest = enter(metrics, span_of(OTHER), span_of(OTHER));
	return metrics;
}

int64_t metrics_start(const struct metrics *metrics)
{
	return metrics->start;
}

void metrics_close(struct metrics *metrics)
{
	if (!metrics)
		return;
	pthread_mutex_destroy(&metrics->lock);
	free(metrics);
}

void metrics_upload(struct metrics *metrics, uint64_t bytes)
{
	add(&metrics->uploads, 1);
	add(&metrics->upload_bytes, bytes);
}

void metrics_connection(struct metrics *metrics, unsigned listener, bool begun)
{
	add(&metrics->connections[listener], begun ? 1 : UINT64_MAX);
	if (begun)
		add(&metrics->accepted[listener], 1);
}

void metrics_connection_refused(struct metrics *metrics, unsigned reason)
{
	add(&metrics->connections_refused[reason], 1);
	metrics_refusal(metrics, FAILURE_UNAVAILABLE);
}

void metrics_connection_ended(struct metrics *metrics)
{
	add(&metrics->connections_ended, 1);
}

void metrics_unsaid(struct metrics *metrics)
{
	add(&metrics->unsaid, 1);
}

void metrics_reload(struct metrics *metrics, bool successful, int64_t now)
{
	add(&metrics->reloads[successful], 1);
	atomic_store(&metrics->reload_failed, !successful);
	if (successful)
		atomic_store(&metrics->loaded, now);
}
