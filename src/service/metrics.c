/*
 * Counters are relaxed atomics: a scrape may see one of two counts that belong
 * together before the other. Slots are counted by caller and domain in an
 * open-addressed table, which is read without a lock. The lock is for entering
 * a new pair of names: these are written before `there` is set, and never
 * change afterwards.
 */
#include "service/metrics.h"

#include "service/log.h"
#include "service/metrics_text.h"
#include "slotd/version.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define OTHER "other"
#define METHODS 7
#define STATUSES 27
#define BUCKETS 21
/* A power of two; more than half of it stays empty. */
#define SERIES_TABLE 4096
/* Room for "other" of each caller beside the domains. */
#define SERIES_MAX (METRICS_DOMAINS + 1000)

static const char *const methods[METHODS] = { "GET", "HEAD", "POST", "PUT",
	"OPTIONS", "DELETE", OTHER };

/* 0: the request ended without an answer. The last place, which has no entry
 * here, is for any other status. */
static const unsigned statuses[STATUSES - 1] = { 0, 200, 201, 202, 204, 206,
	302, 304, 400, 401, 402, 403, 404, 405, 408, 409, 410, 411, 413, 415,
	416, 429, 500, 501, 503, 507 };

/* Upper bounds in microseconds. A slot takes some 20 microseconds, an upload
 * up to upload_timeout. */
static const int64_t bounds[BUCKETS] = { 20, 50, 100, 200, 500, 1000, 2500,
	5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000,
	10000000, 30000000, 120000000, 600000000, 3600000000 };

/* How the counters of enum metrics_counter are written: from `first` on, one
 * for each value of the label. */
static const struct row {
	enum metrics_counter first;
	const char *name;
	const char *type;
	const char *label; /* NULL: none, and there is one counter */
	const char *values[2];
	const char *help;
} rows[] = {
	{ METRICS_UPLOADS, "slotd_uploads_total", "counter", NULL, { NULL },
	    "Files uploaded through slotd, into the embedded store or on to a "
	    "bucket" },
	{ METRICS_UPLOAD_BYTES, "slotd_upload_bytes_total", "counter", NULL,
	    { NULL }, "Bytes of the files uploaded through slotd" },
	{ METRICS_OPEN, "slotd_connections", "gauge", "listener",
	    { "listen", "public" }, "Open connections by listener" },
	{ METRICS_ACCEPTED, "slotd_connections_accepted_total", "counter",
	    "listener", { "listen", "public" },
	    "Accepted connections by listener" },
	{ METRICS_REFUSED, "slotd_connections_refused_total", "counter",
	    "reason", { "connections", "connections_per_address" },
	    "Refused connections by the limit that was reached" },
	{ METRICS_ENDED, "slotd_connections_ended_total", "counter", NULL,
	    { NULL },
	    "Idle connections closed because limits.connections was reached" },
	{ METRICS_SUPPRESSED, "slotd_log_lines_suppressed_total", "counter",
	    NULL, { NULL },
	    "Log lines on refused requests of strangers that were left out" },
	{ METRICS_RELOADS, "slotd_config_reloads_total", "counter", "result",
	    { "failure", "success" },
	    "Reloads by result; after a failure the previous configuration "
	    "is kept" },
};
#define ROWS (sizeof rows / sizeof *rows)

struct series {
	atomic_bool there; /* its names do not change any more */
	char caller[256];  /* an id, or the domain of a component */
	char domain[256];
	_Atomic(uint64_t) slots;
	_Atomic(uint64_t) bytes;
};

struct durations {
	/* The last is for what is longer than all bounds. */
	_Atomic(uint64_t) counts[BUCKETS + 1];
	_Atomic(uint64_t) micros;
};

struct metrics {
	int64_t start;
	const char *library; /* version of libmicrohttpd */
	_Atomic(uint64_t) counters[METRICS_COUNTERS];
	_Atomic(uint64_t) requests[METRICS_ROUTES][METHODS][STATUSES];
	struct durations durations[METRICS_ROUTES];
	_Atomic(uint64_t) refusals[FAILURE_COUNT];
	atomic_bool reload_failed; /* the last one */
	_Atomic(int64_t) loaded;   /* when the configuration was read */

	pthread_mutex_t lock; /* for new series */
	unsigned domain_count;
	unsigned series_count;
	struct series *rest; /* when there is no room for another caller */
	struct series series[SERIES_TABLE];
};

static void add(_Atomic(uint64_t) *count, uint64_t more)
{
	atomic_fetch_add_explicit(count, more, memory_order_relaxed);
}

static unsigned method_number(struct span method)
{
	unsigned number = 0;

	while (number < METHODS - 1 && !span_is(method, methods[number]))
		number++;
	return number;
}

static unsigned status_number(unsigned status)
{
	unsigned number = 0;

	while (number < STATUSES - 1 && statuses[number] != status)
		number++;
	return number;
}

void metrics_request(struct metrics *metrics, unsigned route,
    struct span method, unsigned status, int64_t micros)
{
	struct durations *durations = &metrics->durations[route];
	unsigned bucket = 0;

	while (bucket < BUCKETS && micros > bounds[bucket])
		bucket++;
	add(&metrics->requests[route][method_number(method)]
			      [status_number(status)],
	    1);
	add(&durations->counts[bucket], 1);
	add(&durations->micros, (uint64_t)micros);
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

/* --- life and reloads ----------------------------------------------------*/

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

void metrics_close(struct metrics *metrics)
{
	if (!metrics)
		return;
	pthread_mutex_destroy(&metrics->lock);
	free(metrics);
}

void metrics_count(
    struct metrics *metrics, enum metrics_counter counter, int64_t more)
{
	add(&metrics->counters[counter], (uint64_t)more);
}

void metrics_reload(struct metrics *metrics, bool successful, int64_t now)
{
	metrics_count(metrics, METRICS_RELOADS + successful, 1);
	atomic_store(&metrics->reload_failed, !successful);
	if (successful)
		atomic_store(&metrics->loaded, now);
}

/* --- writing --------------------------------------------------------------*/

static uint64_t get(const _Atomic(uint64_t) *count)
{
	return atomic_load_explicit(count, memory_order_relaxed);
}

static void write_status(FILE *out, unsigned number)
{
	if (number == STATUSES - 1)
		fputs("status=\"other\"", out);
	else if (statuses[number])
		fprintf(out, "status=\"%u\"", statuses[number]);
	else
		fputs("status=\"none\"", out);
}

static void write_route(
    const struct metrics *metrics, unsigned route, const char *name, FILE *out)
{
	for (unsigned method = 0; method < METHODS; method++)
		for (unsigned status = 0; status < STATUSES; status++) {
			uint64_t count =
			    get(&metrics->requests[route][method][status]);

			if (!count)
				continue;
			fprintf(out,
			    "slotd_http_requests_total{route=\"%s\","
			    "method=\"%s\",",
			    name, methods[method]);
			write_status(out, status);
			fprintf(out, "} %" PRIu64 "\n", count);
		}
}

/* Only routes with requests. The total is the sum of the buckets that were
 * read, so that each histogram agrees with itself. */
static void write_durations(
    const struct durations *durations, const char *route, FILE *out)
{
	uint64_t counts[BUCKETS + 1], all = 0;
	char labels[64];

	for (unsigned i = 0; i <= BUCKETS; i++)
		all += counts[i] = get(&durations->counts[i]);
	if (!all)
		return;
	snprintf(labels, sizeof labels, "route=\"%s\"", route);
	metrics_histogram(out,
	    &(struct metrics_histogram){ "slotd_http_request_duration_seconds",
		labels, bounds, BUCKETS, counts, get(&durations->micros) });
}

static void write_requests(
    const struct metrics *metrics, const char *const *routes, FILE *out)
{
	metrics_head(out, "slotd_http_requests_total", "counter",
	    "Requests by route, method and status; status none: ended without "
	    "an answer");
	for (unsigned i = 0; i < METRICS_ROUTES && routes[i]; i++)
		write_route(metrics, i, routes[i], out);
	metrics_head(out, "slotd_http_request_duration_seconds", "histogram",
	    "Time from a request's first line to its answer's first byte, an "
	    "upload's body included");
	for (unsigned i = 0; i < METRICS_ROUTES && routes[i]; i++)
		write_durations(&metrics->durations[i], routes[i], out);
	metrics_head(out, "slotd_refusals_total", "counter",
	    "Refused requests and connections by error code");
	for (unsigned i = FAILURE_NONE + 1; i < FAILURE_COUNT; i++)
		fprintf(out, "slotd_refusals_total{code=\"%s\"} %" PRIu64 "\n",
		    failure_entry(i)->code, get(&metrics->refusals[i]));
}

static void write_series(
    const struct metrics *metrics, const char *name, bool bytes, FILE *out)
{
	for (unsigned i = 0; i < SERIES_TABLE; i++) {
		const struct series *series = &metrics->series[i];

		/* A new series is written from its first slot on. */
		if (!atomic_load(&series->there) || !get(&series->slots))
			continue;
		fprintf(out, "%s{", name);
		metrics_label(out, "caller", span_of(series->caller));
		fputc(',', out);
		metrics_label(out, "domain", span_of(series->domain));
		fprintf(out, "} %" PRIu64 "\n",
		    get(bytes ? &series->bytes : &series->slots));
	}
}

static void write_slots(const struct metrics *metrics, FILE *out)
{
	metrics_head(out, "slotd_slots_granted_total", "counter",
	    "Granted slots by caller and the JID's domain; domains after the "
	    "first 1000 count as other");
	write_series(metrics, "slotd_slots_granted_total", false, out);
	metrics_head(out, "slotd_slot_bytes_granted_total", "counter",
	    "Total size of the files that slots were granted for");
	write_series(metrics, "slotd_slot_bytes_granted_total", true, out);
}

static void write_row(
    const struct metrics *metrics, const struct row *row, FILE *out)
{
	const _Atomic(uint64_t) *counters = &metrics->counters[row->first];

	if (!row->label) {
		metrics_u64(
		    out, row->name, row->type, row->help, get(counters));
		return;
	}
	metrics_head(out, row->name, row->type, row->help);
	for (unsigned i = 0; i < 2; i++)
		fprintf(out, "%s{%s=\"%s\"} %" PRIu64 "\n", row->name,
		    row->label, row->values[i], get(&counters[i]));
}

void metrics_write(
    const struct metrics *metrics, const char *const *routes, FILE *out)
{
	metrics_head(out, "slotd_build_info", "gauge",
	    "1, with the versions of slotd and of libmicrohttpd");
	fprintf(out,
	    "slotd_build_info{version=\"%s\",libmicrohttpd=\"%s\"} 1\n",
	    SLOTD_VERSION, metrics->library);
	metrics_u64(out, "slotd_start_time_seconds", "gauge",
	    "When the service started, unix time", (uint64_t)metrics->start);
	write_requests(metrics, routes, out);
	write_slots(metrics, out);
	for (unsigned i = 0; i < ROWS; i++)
		write_row(metrics, &rows[i], out);
	metrics_u64(out, "slotd_log_dropped_total", "counter",
	    "Log lines dropped because stderr did not take them",
	    log_dropped());
	metrics_u64(out, "slotd_config_last_reload_successful", "gauge",
	    "Whether the last reload succeeded; 1 before the first",
	    !atomic_load(&metrics->reload_failed));
	metrics_u64(out, "slotd_config_last_load_timestamp_seconds", "gauge",
	    "When the current configuration was read, unix time",
	    (uint64_t)atomic_load(&metrics->loaded));
	metrics_process(out, metrics->start);
}
