#include "service/metrics_text.h"

#include "service/log.h"
#include "service/metrics_private.h"
#include "slotd/version.h"

#include <inttypes.h>

static const char *const listeners[METRICS_LISTENERS] = { "listen", "public" };
/* As enum refusal_kind. */
static const char *const reasons[METRICS_REASONS] = { "connections",
	"connections_per_address" };

static uint64_t get(const _Atomic(uint64_t) *count)
{
	return atomic_load_explicit(count, memory_order_relaxed);
}

void metrics_head(
    FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metrics_u64(FILE *out, const char *name, const char *type,
    const char *help, uint64_t value)
{
	metrics_head(out, name, type, help);
	fprintf(out, "%s %" PRIu64 "\n", name, value);
}

void metrics_label(FILE *out, const char *name, struct span value)
{
	fprintf(out, "%s=\"", name);
	for (size_t i = 0; i < value.len; i++) {
		char c = value.at[i];

		if (c == '\n')
			fputs("\\n", out);
		else if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

void metrics_seconds(FILE *out, uint64_t micros)
{
	fprintf(out, "%" PRIu64 ".%06" PRIu64 "\n", micros / 1000000,
	    micros % 1000000);
}

/* --- requests -------------------------------------------------------------*/

static void write_status(FILE *out, unsigned number)
{
	if (number == 0)
		fputs("status=\"none\"", out);
	else if (metrics_statuses[number])
		fprintf(out, "status=\"%u\"", metrics_statuses[number]);
	else
		fputs("status=\"other\"", out);
}

static void write_route_requests(
    const struct metrics *metrics, unsigned route, const char *name, FILE *out)
{
	for (unsigned method = 0; method < METRICS_METHODS; method++)
		for (unsigned status = 0; status < METRICS_STATUSES; status++) {
			uint64_t count =
			    get(&metrics->requests[route][method][status]);

			if (!count)
				continue;
			fprintf(out,
			    "slotd_http_requests_total{route=\"%s\","
			    "method=\"%s\",",
			    name, metrics_methods[method]);
			write_status(out, status);
			fprintf(out, "} %" PRIu64 "\n", count);
		}
}

/* Of routes that were asked for; each is whole in itself. */
static void write_duration(
    const struct histogram *histogram, const char *route, FILE *out)
{
	const char *const name = "slotd_http_request_duration_seconds";
	uint64_t counts[METRICS_BUCKETS + 1], sum = 0, all = 0;

	for (unsigned i = 0; i <= METRICS_BUCKETS; i++) {
		counts[i] = get(&histogram->counts[i]);
		all += counts[i];
	}
	if (!all)
		return;
	for (unsigned i = 0; i < METRICS_BUCKETS; i++) {
		sum += counts[i];
		fprintf(out, "%s_bucket{route=\"%s\",le=\"%g\"} %" PRIu64 "\n",
		    name, route, (double)metrics_bounds[i] / 1e6, sum);
	}
	fprintf(out, "%s_bucket{route=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name,
	    route, all);
	fprintf(out, "%s_sum{route=\"%s\"} ", name, route);
	metrics_seconds(out, get(&histogram->micros));
	fprintf(out, "%s_count{route=\"%s\"} %" PRIu64 "\n", name, route, all);
}

static void write_requests(
    const struct metrics *metrics, const char *const *routes, FILE *out)
{
	metrics_head(out, "slotd_http_requests_total", "counter",
	    "Requests by route, method and status of the answer; none is for "
	    "those that ended without one");
	for (unsigned i = 0; i < METRICS_ROUTES && routes[i]; i++)
		write_route_requests(metrics, i, routes[i], out);
	metrics_head(out, "slotd_http_request_duration_seconds", "histogram",
	    "Time from a request's first line to its answer's first byte, an "
	    "upload's body included");
	for (unsigned i = 0; i < METRICS_ROUTES && routes[i]; i++)
		write_duration(&metrics->durations[i], routes[i], out);
	metrics_head(out, "slotd_refusals_total", "counter",
	    "Refused requests and connections by code, as in the contract");
	for (unsigned i = FAILURE_NONE + 1; i < FAILURE_COUNT; i++)
		fprintf(out, "slotd_refusals_total{code=\"%s\"} %" PRIu64 "\n",
		    failure_entry(i)->code, get(&metrics->refusals[i]));
}

/* --- slots ----------------------------------------------------------------*/

static void write_one(
    const char *name, const struct series *series, uint64_t value, FILE *out)
{
	fprintf(out, "%s{", name);
	metrics_label(out, "caller", span_of(series->caller));
	fputc(',', out);
	metrics_label(out, "domain", span_of(series->domain));
	fprintf(out, "} %" PRIu64 "\n", value);
}

static void write_series(
    const struct metrics *metrics, const char *name, bool bytes, FILE *out)
{
	for (unsigned i = 0; i < SERIES_TABLE; i++) {
		const struct series *series = &metrics->series[i];

		/* One that is being entered comes with its first slot. */
		if (atomic_load(&series->there) && get(&series->slots))
			write_one(name, series,
			    get(bytes ? &series->bytes : &series->slots), out);
	}
}

static void write_slots(const struct metrics *metrics, FILE *out)
{
	metrics_head(out, "slotd_slots_granted_total", "counter",
	    "Slots by caller and the JID's domain; beyond 1000 domains other");
	write_series(metrics, "slotd_slots_granted_total", false, out);
	metrics_head(out, "slotd_slot_bytes_granted_total", "counter",
	    "Bytes that these slots allow");
	write_series(metrics, "slotd_slot_bytes_granted_total", true, out);
	metrics_u64(out, "slotd_uploads_total", "counter",
	    "Files that were taken whole, into the embedded store or for a "
	    "bucket",
	    get(&metrics->uploads));
	metrics_u64(out, "slotd_upload_bytes_total", "counter",
	    "Bytes of these files", get(&metrics->upload_bytes));
}

/* --- the rest -------------------------------------------------------------*/

static void write_values(FILE *out, const char *name, const char *label,
    const char *const *names, size_t count, const _Atomic(uint64_t) *values)
{
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s{%s=\"%s\"} %" PRIu64 "\n", name, label,
		    names[i], get(&values[i]));
}

static void write_connections(const struct metrics *metrics, FILE *out)
{
	metrics_head(
	    out, "slotd_connections", "gauge", "Open connections by listener");
	write_values(out, "slotd_connections", "listener", listeners,
	    METRICS_LISTENERS, metrics->connections);
	metrics_head(out, "slotd_connections_accepted_total", "counter",
	    "Connections that were taken, by listener");
	write_values(out, "slotd_connections_accepted_total", "listener",
	    listeners, METRICS_LISTENERS, metrics->accepted);
	metrics_head(out, "slotd_connections_refused_total", "counter",
	    "Connections that were not taken, by the limit that was reached");
	write_values(out, "slotd_connections_refused_total", "reason", reasons,
	    METRICS_REASONS, metrics->connections_refused);
	metrics_u64(out, "slotd_connections_ended_total", "counter",
	    "Connections that were ended while they waited for a request, "
	    "because limits.connections was reached",
	    get(&metrics->connections_ended));
	metrics_u64(out, "slotd_log_lines_suppressed_total", "counter",
	    "Lines on refused strangers that the log left out",
	    get(&metrics->unsaid));
	metrics_u64(out, "slotd_log_dropped_total", "counter",
	    "Lines of the log that stderr did not take", log_dropped());
}

static void write_reloads(const struct metrics *metrics, FILE *out)
{
	metrics_head(out, "slotd_config_reloads_total", "counter",
	    "Reloads by result; with failure the old configuration stayed");
	for (unsigned i = 0; i < 2; i++)
		fprintf(out,
		    "slotd_config_reloads_total{result=\"%s\"} %" PRIu64 "\n",
		    i ? "success" : "failure", get(&metrics->reloads[i]));
	metrics_u64(out, "slotd_config_last_reload_successful", "gauge",
	    "Whether the last reload was; 1 before the first",
	    !atomic_load(&metrics->reload_failed));
	metrics_u64(out, "slotd_config_last_load_timestamp_seconds", "gauge",
	    "When the configuration that is in force was read",
	    (uint64_t)atomic_load(&metrics->loaded));
}

static void write_build(const struct metrics *metrics, FILE *out)
{
	metrics_head(out, "slotd_build_info", "gauge",
	    "1, with the versions of slotd and of libmicrohttpd");
	fprintf(out,
	    "slotd_build_info{version=\"%s\",libmicrohttpd=\"%s\"} 1\n",
	    SLOTD_VERSION, metrics->library);
	metrics_u64(out, "slotd_start_time_seconds", "gauge",
	    "When the service started, unix time", (uint64_t)metrics->start);
}

void metrics_write(
    const struct metrics *metrics, const char *const *routes, FILE *out)
{
	write_build(metrics, out);
	write_requests(metrics, routes, out);
	write_slots(metrics, out);
	write_connections(metrics, out);
	write_reloads(metrics, out);
}
