#include "expect.h"

#include "service/metrics.h"
#include "service/metrics_text.h"

#include <pthread.h>
#include <stdlib.h>

static const char *const routes[] = { "/slot", "/f/", "none", NULL };

/* All that is written now; to be freed. */
static char *text_of(const struct metrics *metrics)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	metrics_write(metrics, routes, out);
	fclose(out);
	return text;
}

/* How many lines there are that begin so. */
static unsigned count_lines(const char *text, const char *begin)
{
	struct span rest = span_of(text);
	unsigned count = 0;

	while (rest.at)
		count += span_starts(span_cut(&rest, '\n'), begin);
	return count;
}

static void expect_line_at(
    const char *text, const char *want, const char *file, int line)
{
	struct span rest = span_of(text);

	while (rest.at)
		if (span_is(span_cut(&rest, '\n'), want))
			return;
	print_error("no line %s\nin\n%s", want, text);
	_fail(file, line);
}

#define expect_line(text, want) expect_line_at(text, want, __FILE__, __LINE__)

static void test_requests(void **state)
{
	struct metrics *metrics = metrics_open(1700000000, "0.9.75");
	char *text;

	(void)state;
	metrics_request(metrics, 0, span_of("POST"), 200, 20);
	metrics_request(metrics, 0, span_of("POST"), 200, 21);
	metrics_request(metrics, 0, span_of("POST"), 401, 3600000001);
	metrics_request(metrics, 1, span_of("GET"), 0, 0);
	metrics_request(metrics, 2, span_of("BREW"), 418, 1500000);
	text = text_of(metrics);
#define REQUESTS "slotd_http_requests_total{route="
	expect_line(text, REQUESTS "\"/slot\",method=\"POST\","
				   "status=\"200\"} 2");
	expect_line(text, REQUESTS "\"/slot\",method=\"POST\","
				   "status=\"401\"} 1");
	expect_line(text, REQUESTS "\"/f/\",method=\"GET\",status=\"none\"} 1");
	expect_line(
	    text, REQUESTS "\"none\",method=\"other\",status=\"other\"} 1");
	assert_int_equal(count_lines(text, REQUESTS), 4);
#define SECONDS "slotd_http_request_duration_seconds"
	expect_line(text, SECONDS "_bucket{route=\"/slot\",le=\"2e-05\"} 1");
	expect_line(text, SECONDS "_bucket{route=\"/slot\",le=\"5e-05\"} 2");
	expect_line(text, SECONDS "_bucket{route=\"/slot\",le=\"3600\"} 2");
	expect_line(text, SECONDS "_bucket{route=\"/slot\",le=\"+Inf\"} 3");
	expect_line(text, SECONDS "_sum{route=\"/slot\"} 3600.000042");
	expect_line(text, SECONDS "_count{route=\"/slot\"} 3");
	expect_line(text, SECONDS "_bucket{route=\"none\",le=\"1\"} 0");
	expect_line(text, SECONDS "_bucket{route=\"none\",le=\"2.5\"} 1");
	expect_line(text, "slotd_start_time_seconds 1700000000");
	free(text);
	metrics_close(metrics);
}

static void test_refusals(void **state)
{
	struct metrics *metrics = metrics_open(0, "0.9.75");
	char *text;

	(void)state;
	metrics_refusal(metrics, FAILURE_SLOT_EXPIRED);
	metrics_refusal(metrics, FAILURE_SLOT_EXPIRED);
	metrics_count(metrics, METRICS_REFUSED + 1, 1);
	metrics_count(metrics, METRICS_SUPPRESSED, 1);
	text = text_of(metrics);
	expect_line(text, "slotd_refusals_total{code=\"slot-expired\"} 2");
	expect_line(text, "slotd_refusals_total{code=\"unavailable\"} 0");
	expect_line(text, "slotd_refusals_total{code=\"replayed\"} 0");
	assert_int_equal(count_lines(text, "slotd_refusals_total{"), 23);
	expect_line(text, "slotd_connections_refused_total{"
			  "reason=\"connections_per_address\"} 1");
	expect_line(text, "slotd_log_lines_suppressed_total 1");
	free(text);
	metrics_close(metrics);
}

static void test_gauges(void **state)
{
	struct metrics *metrics = metrics_open(1000, "0.9.75");
	char *text;

	(void)state;
	metrics_count(metrics, METRICS_OPEN + 1, 1);
	metrics_count(metrics, METRICS_OPEN + 1, 1);
	metrics_count(metrics, METRICS_OPEN + 1, -1);
	metrics_count(metrics, METRICS_ACCEPTED + 1, 2);
	metrics_count(metrics, METRICS_UPLOADS, 1);
	metrics_count(metrics, METRICS_UPLOAD_BYTES, 7);
	text = text_of(metrics);
	expect_line(text, "slotd_connections{listener=\"listen\"} 0");
	expect_line(text, "slotd_connections{listener=\"public\"} 1");
	expect_line(
	    text, "slotd_connections_accepted_total{listener=\"public\"} 2");
	expect_line(text, "slotd_uploads_total 1");
	expect_line(text, "slotd_upload_bytes_total 7");
	expect_line(text, "slotd_config_last_reload_successful 1");
	expect_line(text, "slotd_config_last_load_timestamp_seconds 1000");
	free(text);
	metrics_reload(metrics, true, 2000);
	metrics_reload(metrics, false, 3000);
	text = text_of(metrics);
	expect_line(text, "slotd_config_reloads_total{result=\"success\"} 1");
	expect_line(text, "slotd_config_reloads_total{result=\"failure\"} 1");
	expect_line(text, "slotd_config_last_reload_successful 0");
	expect_line(text, "slotd_config_last_load_timestamp_seconds 2000");
	free(text);
	metrics_close(metrics);
}

static void test_slots(void **state)
{
	struct metrics *metrics = metrics_open(0, "0.9.75");
	char long_name[300], *text;

	(void)state;
	memset(long_name, 'x', sizeof long_name);
	metrics_slot(metrics, span_of("a"), span_of("example.org"), 5);
	metrics_slot(metrics, span_of("a"), span_of("example.org"), 1 << 30);
	metrics_slot(metrics, span_of("b"), span_of("example.org"), 0);
	metrics_slot(metrics, span_of("b"),
	    (struct span){ long_name, sizeof long_name }, 1);
	text = text_of(metrics);
#define SLOTS "slotd_slots_granted_total{caller="
	expect_line(text, SLOTS "\"a\",domain=\"example.org\"} 2");
	expect_line(text, SLOTS "\"b\",domain=\"example.org\"} 1");
	expect_line(text, SLOTS "\"b\",domain=\"other\"} 1");
	expect_line(text, "slotd_slot_bytes_granted_total{caller=\"a\","
			  "domain=\"example.org\"} 1073741829");
	assert_int_equal(count_lines(text, SLOTS), 3);
	free(text);
	metrics_close(metrics);
}

#define THREADS 4
#define NAMES 3000

static void *many(void *argument)
{
	char domain[32];

	for (int i = 0; i < NAMES; i++) {
		snprintf(domain, sizeof domain, "d%d.example", i);
		metrics_slot(argument, span_of("a"), span_of(domain), 2);
	}
	return NULL;
}

/* Several threads name the same 3000 domains: 1000 are told apart, and
 * nothing is lost. */
static void test_bounded(void **state)
{
	struct metrics *metrics = metrics_open(0, "0.9.75");
	pthread_t threads[THREADS];
	struct span rest;
	uint64_t all = 0;
	char *text;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, many, metrics), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 2000; i++) {
		char caller[32];

		snprintf(caller, sizeof caller, "caller-%d", i);
		metrics_slot(metrics, span_of(caller), span_of("late"), 1);
	}
	text = text_of(metrics);
	/* 1000 domains, "other" of `a` and of 998 more, and one for all else.
	 */
	assert_int_equal(count_lines(text, SLOTS), 2000);
	expect_line(text, SLOTS "\"other\",domain=\"other\"} 1002");
	rest = span_of(text);
	while (rest.at) {
		struct span line = span_cut(&rest, '\n');
		uint64_t count;

		if (!span_starts(line, SLOTS))
			continue;
		assert_true(span_u64(
		    span_from(line, span_find_last(line, ' ') + 1), &count));
		all += count;
	}
	assert_int_equal(all, THREADS * NAMES + 2000);
	free(text);
	metrics_close(metrics);
}

static void test_values(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_non_null(out);
	metrics_u64(out, "slotd_x_total", "counter", "Xs", 3);
	metrics_label(out, "kind", span_of("a\"\\\n"));
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text,
	    "# HELP slotd_x_total Xs\n# TYPE slotd_x_total counter\n"
	    "slotd_x_total 3\nkind=\"a\\\"\\\\\\n\"");
	free(text);
}

static void test_process(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	metrics_process(out, 1234);
	fclose(out);
	expect_line(text, "process_start_time_seconds 1234");
	assert_int_equal(count_lines(text, "process_cpu_seconds_total "), 1);
	assert_int_equal(
	    count_lines(text, "process_resident_memory_bytes "), 1);
	assert_int_equal(count_lines(text, "process_open_fds "), 1);
	assert_int_equal(count_lines(text, "process_max_fds "), 1);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_gauges),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
