#include "service/counter.h"
#include "service/metrics_text.h"
#include "http/reply.h"
#include "endpoint/routes.h"
#include "service/clock.h"

#include <inttypes.h>
#include <stdlib.h>

/* GET /metrics. */

#define TYPE "text/plain; version=0.0.4; charset=utf-8"

/*
 * On a listener that strangers reach too, metrics are only for this machine:
 * for a client that connects from here itself. A proxy on this machine shows by
 * its headers that it passes on a request of someone else; a proxy that sends
 * no such headers must not pass /metrics on.
 */
static bool may_see(const struct request *request)
{
	const struct peer *peer = &request->conn->peer;

	if (!(request->listener->roles & ROLE_PUBLIC))
		return true;
	return (peer->local || peer->loopback) &&
	       !request_header(request, "X-Forwarded-For").at &&
	       !request_header(request, "Forwarded").at;
}

/* --- the newest configuration ---------------------------------------------*/

/* A sample for each caller that signs: its entries, or with `max` its share. */
static void write_replay(const struct service *service, bool max, FILE *out)
{
	const struct conf *conf = service->conf;

	for (size_t i = 0; i < conf->caller_count; i++) {
		const struct caller *caller = &conf->callers[i];
		uint32_t held, most;

		if (caller->dialect != DIALECT_SLOTD)
			continue;
		replay_use(service->auth.replay, caller->number, clock_unix(),
		    &held, &most);
		fprintf(out, "slotd_replay_entries%s{", max ? "_max" : "");
		metrics_label(out, "caller", caller->id);
		fprintf(out, "} %" PRIu32 "\n", max ? most : held);
	}
}

static void write_creds(const struct service *service, bool expiry, FILE *out)
{
	for (size_t i = 0; i < service->store_count; i++) {
		struct creds *creds = service_creds(service, i);
		struct creds_status status;

		if (!creds)
			continue;
		creds->class->status(creds, clock_unix(), &status);
		if (expiry && !status.expires)
			continue;
		fprintf(out, "slotd_credentials_%s{",
		    expiry ? "expiry_timestamp_seconds" : "available");
		metrics_label(out, "storage", service->conf->storages[i].name);
		fprintf(out, "} %" PRId64 "\n",
		    expiry ? status.expires : status.ready);
	}
}

static void write_service(const struct request *request, FILE *out)
{
	const struct service *service = request->service;
	int64_t back;

	metrics_head(out, "slotd_replay_entries", "gauge",
	    "Remembered requests, against replays");
	write_replay(service, false, out);
	metrics_head(out, "slotd_replay_entries_max", "gauge",
	    "Most requests remembered for this caller: its share of "
	    "auth.replay_max");
	write_replay(service, true, out);
	metrics_u64(out, "slotd_replay_blocked_seconds", "gauge",
	    "Seconds for which signed requests are still refused because the "
	    "clock stepped back",
	    (uint64_t)server_blocked(request->server, &back));
	metrics_head(out, "slotd_credentials_available", "gauge",
	    "Whether slotd has credentials to sign with");
	write_creds(service, false, out);
	metrics_head(out, "slotd_credentials_expiry_timestamp_seconds", "gauge",
	    "When temporary credentials expire, unix time");
	write_creds(service, true, out);
	metrics_u64(out, "slotd_connections_max", "gauge",
	    "Most open connections: limits.connections, or half of the file "
	    "descriptors if that is less",
	    conn_table_most(
		&request->server->conns, service->conf->limits.connections));
}

/* --- quotas ---------------------------------------------------------------*/

static void write_redis(const struct quota_redis_stats *stats, FILE *out)
{
	metrics_u64(out, "slotd_quota_redis_up", "gauge",
	    "Whether slots are counted in Redis: the last slot was, or a later "
	    "probe has written; 0: quota.on_error decides",
	    stats->up);
	metrics_u64(out, "slotd_quota_redis_connections", "gauge",
	    "Open connections to Redis", stats->open);
	metrics_u64(out, "slotd_quota_redis_undone_total", "counter",
	    "Calls that quota.on_error decided", stats->undone);
	metrics_head(out, "slotd_quota_redis_duration_seconds", "histogram",
	    "Duration of answered calls to Redis");
	metrics_histogram(out,
	    &(struct metrics_histogram){ "slotd_quota_redis_duration_seconds",
		"", redis_bounds, QUOTA_REDIS_BUCKETS - 1, stats->calls,
		stats->micros });
	metrics_head(out, "slotd_quota_redis_errors_total", "counter",
	    "Failed calls and connection attempts to Redis by kind");
	for (unsigned i = QUOTA_REDIS_NONE + 1; i < QUOTA_REDIS_ERRORS; i++)
		fprintf(out,
		    "slotd_quota_redis_errors_total{kind=\"%s\"} %" PRIu64 "\n",
		    redis_error_name(i), stats->errors[i]);
}

static void write_quota(struct quota *quota, FILE *out)
{
	struct quota_redis_stats redis;
	struct quota_stats stats;

	if (quota->class->stats) {
		quota->class->stats(quota, &stats);
		metrics_u64(out, "slotd_quota_users", "gauge",
		    "Users and domains with usage in the current window",
		    stats.users);
		metrics_u64(out, "slotd_quota_users_max", "gauge",
		    "Most users and domains counted: quota.max_users",
		    stats.users_max);
	} else if (redis_stats(quota, &redis)) {
		write_redis(&redis, out);
	}
}

/* --- the answer -----------------------------------------------------------*/

static char *write_all(const struct request *request)
{
	const struct server *server = request->server;
	const char *names[METRICS_ROUTES];
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	bool whole;

	if (!out)
		return NULL;
	route_names(server->routes, names);
	metrics_write(server->metrics, names, out);
	metrics_components_write(server->components, out);
	write_service(request, out);
	write_quota(server->counter.quota, out);
	whole = !ferror(out);
	if (fclose(out) == 0 && whole)
		return text;
	free(text);
	return NULL;
}

static void end(struct request *request)
{
	const struct refusal why = {
		.detail = "metrics are served to this machine only, unless "
			  "slotd.conf has a separate listener \"public\"",
	};

	if (may_see(request))
		reply_send_text(request, TYPE, write_all(request));
	else
		reply_failure(request, FAILURE_FORBIDDEN, &why);
}

const struct endpoint metrics_get = { .method = "GET", .end = end };
