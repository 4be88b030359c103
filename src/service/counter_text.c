#include "service/counter.h"
#include "service/metrics_text.h"

#include <inttypes.h>

/* What GET /metrics says of the counter of slots and bytes. */

static void write_durations(const struct quota_redis_stats *stats, FILE *out)
{
	const char *const name = "slotd_quota_redis_duration_seconds";
	uint64_t sum = 0;

	metrics_head(out, name, "histogram",
	    "Time of calls to Redis that were answered");
	for (unsigned i = 0; i + 1 < QUOTA_REDIS_BUCKETS; i++) {
		sum += stats->calls[i];
		fprintf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
		    (double)redis_bounds[i] / 1e6, sum);
	}
	sum += stats->calls[QUOTA_REDIS_BUCKETS - 1];
	fprintf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum ", name, sum,
	    name);
	metrics_seconds(out, stats->micros);
	fprintf(out, "%s_count %" PRIu64 "\n", name, sum);
}

static void write_errors(const struct quota_redis_stats *stats, FILE *out)
{
	metrics_head(out, "slotd_quota_redis_errors_total", "counter",
	    "Calls and connects to Redis that failed, by kind");
	for (unsigned i = QUOTA_REDIS_NONE + 1; i < QUOTA_REDIS_ERRORS; i++)
		fprintf(out,
		    "slotd_quota_redis_errors_total{kind=\"%s\"} %" PRIu64 "\n",
		    redis_error_name(i), stats->errors[i]);
}

void counter_write(struct quota *quota, FILE *out)
{
	struct quota_redis_stats redis;
	struct quota_stats stats;

	if (quota->class->stats) {
		quota->class->stats(quota, &stats);
		metrics_u64(out, "slotd_quota_users", "gauge",
		    "Users and domains of whom something counts", stats.users);
		metrics_u64(out, "slotd_quota_users_max", "gauge",
		    "How many there can be: quota.max_users", stats.users_max);
		return;
	}
	if (!redis_stats(quota, &redis))
		return;
	metrics_u64(out, "slotd_quota_redis_up", "gauge",
	    "Whether Redis counts: the last slot was counted, or a probe has "
	    "written since; 0: on_error decides",
	    redis.up);
	metrics_u64(out, "slotd_quota_redis_connections", "gauge",
	    "Open connections to Redis", redis.open);
	metrics_u64(out, "slotd_quota_redis_undone_total", "counter",
	    "Calls that quota.on_error has decided", redis.undone);
	write_durations(&redis, out);
	write_errors(&redis, out);
}
