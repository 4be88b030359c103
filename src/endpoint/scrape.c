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
 * Where strangers come as well it is for this machine alone: for who connects
 * from here, and not for whom a proxy here speaks. A proxy that does not say
 * so must not pass /metrics on.
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

/* --- what is known of the newest configuration ---------------------------*/

/* What the callers hold of the replay table, or may hold. */
static void write_replay(const struct service *service, bool share, FILE *out)
{
	const struct conf *conf = service->conf;

	for (size_t i = 0; i < conf->caller_count; i++) {
		const struct caller *caller = &conf->callers[i];
		uint32_t held, most;

		if (caller->dialect != DIALECT_SLOTD)
			continue;
		replay_use(service->auth.replay, caller->number, clock_unix(),
		    &held, &most);
		fprintf(out, "slotd_replay_entries%s{", share ? "_max" : "");
		metrics_label(out, "caller", caller->id);
		fprintf(out, "} %" PRIu32 "\n", share ? most : held);
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

static void write_service(
    const struct service *service, int64_t blocked, FILE *out)
{
	metrics_head(out, "slotd_replay_entries", "gauge",
	    "Requests that are remembered, so that none counts twice");
	write_replay(service, false, out);
	metrics_head(out, "slotd_replay_entries_max", "gauge",
	    "How many may be for this caller: its share of auth.replay_max");
	write_replay(service, true, out);
	metrics_u64(out, "slotd_replay_blocked_seconds", "gauge",
	    "For how long signed requests are still refused, because the "
	    "clock stepped back",
	    (uint64_t)blocked);
	metrics_head(out, "slotd_credentials_available", "gauge",
	    "Whether there are credentials to sign with");
	write_creds(service, false, out);
	metrics_head(out, "slotd_credentials_expiry_timestamp_seconds", "gauge",
	    "When temporary credentials end, unix time");
	write_creds(service, true, out);
}

static void write_most(const struct request *request, FILE *out)
{
	metrics_u64(out, "slotd_connections_max", "gauge",
	    "How many may be open: limits.connections, or half of the "
	    "descriptors when that is less",
	    conn_table_most(&request->server->conns,
		request->service->conf->limits.connections));
}

static char *write_all(const struct request *request)
{
	const char *names[METRICS_ROUTES];
	char *text = NULL;
	size_t len;
	int64_t back;
	FILE *out = open_memstream(&text, &len);
	bool whole;

	if (!out)
		return NULL;
	route_names(request->server->routes, names);
	metrics_write(request->server->metrics, names, out);
	write_service(
	    request->service, stepped_look(request->server, &back), out);
	write_most(request, out);
	counter_write(request->server->counter.quota, out);
	metrics_process(out, metrics_start(request->server->metrics));
	whole = !ferror(out);
	if (fclose(out) == 0 && whole)
		return text;
	free(text);
	return NULL;
}

static void end(struct request *request)
{
	const struct refusal why = {
		.detail =
		    "metrics are for this machine alone, unless slotd.conf "
		    "has a listener `public` for everybody else",
	};
	struct reply reply;

	if (!may_see(request)) {
		reply_failure(request, FAILURE_FORBIDDEN, &why);
		return;
	}
	reply = reply_text(200, TYPE, write_all(request));
	reply_header(&reply, "Cache-Control", "no-store");
	reply_send(request, &reply);
}

const struct endpoint metrics_get = { .method = "GET", .end = end };
