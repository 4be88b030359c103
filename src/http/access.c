#include "http/access.h"

#include "core/chars.h"
#include "core/hex.h"
#include "http/route.h"
#include "service/clock.h"
#include "service/random.h"

#include <string.h>

#define ID_MAX 64

static const struct throttle_burst failed_burst = { 200, 2000 };
static const struct throttle_burst refused_burst = { 1000, 5000 };

void access_init(struct access *access)
{
	uint32_t seeds[2];

	random_bytes(&access->seed, sizeof access->seed);
	random_bytes(seeds, sizeof seeds);
	throttle_init(&access->failed, failed_burst, seeds[0]);
	throttle_init(&access->refused, refused_burst, seeds[1]);
}

/* --- ids ------------------------------------------------------------------*/

void access_number(struct request *request)
{
	struct access *access = &request->server->access;
	/* SplitMix64: each number comes once, in no visible order. */
	uint64_t n = access->seed +
		     atomic_fetch_add(&access->count, 1) * 0x9e3779b97f4a7c15;
	struct buf id;

	n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9;
	n = (n ^ (n >> 27)) * 0x94d049bb133111eb;
	n ^= n >> 31;
	buf_init(&id, request->id, sizeof request->id);
	hex_encode(&id, (const uint8_t *)&n, sizeof n);
}

void access_name(struct request *request)
{
	struct span named = request->named_id;

	if (!named.len || named.len > ID_MAX || !span_only(named, &chars_id))
		return;
	memcpy(request->id, named.at, named.len);
	request->id[named.len] = '\0';
}

/* --- notes --------------------------------------------------------*/

/* Where the random part comes first, it is also found in keys of an earlier
 * template, whose links still work. */
static bool read_random(const struct key_template *template, struct span key,
    struct span *ret_random)
{
	struct span first = span_first(key, span_find(key, '/'));
	struct key_reading reading;

	if (template->parts[0].kind == KEY_RANDOM && first.len == RANDOM_TEXT &&
	    span_only(first, &chars_word)) {
		*ret_random = first;
		return true;
	}
	if (!key_template_read(template, key, &reading))
		return false;
	*ret_random = reading.random;
	return true;
}

void access_slot(struct request *request, const struct key_template *template,
    struct span key)
{
	struct span random;
	struct buf slot;

	/* Only the random part: the rest may be a file's name. */
	if (!read_random(template, key, &random))
		return;
	buf_init(&slot, request->slot, sizeof request->slot);
	buf_add(&slot, span_first(random, sizeof request->slot - 1));
}

/* --- counts ---------------------------------------------------------------*/

void access_answered(struct request *request, int64_t now)
{
	struct metrics *metrics = request->server->metrics;

	metrics_request(metrics, route_number(request), request->method,
	    request->status, now - request->started);
	if (request->failure != FAILURE_NONE)
		metrics_refusal(metrics, request->failure);
}

/* --- lines ----------------------------------------------------------------*/

/* An operator needs the lines of faults and of failed authentications, so their
 * levels are higher than that of other requests. */
static enum conf_log_level level_of(const struct request *request)
{
	if (request->status >= 500)
		return CONF_LOG_ERROR;
	return request->status == 401 ? CONF_LOG_WARN : CONF_LOG_INFO;
}

static bool has_failed(const struct request *request)
{
	return request->failure == FAILURE_UNAUTHORIZED;
}

/* No known caller has sent it, and it has changed nothing. */
static bool by_stranger(const struct request *request)
{
	bool vain = request->status < 200 ||
		    (request->status >= 400 && request->status < 500) ||
		    (request->endpoint && request->endpoint->idle);

	return vain && (!request->caller[0] || request->claimed);
}

/* Probes come every few seconds: only failures are logged. */
static bool is_healthy_probe(const struct request *request)
{
	return request->status == 200 && request->endpoint->quiet;
}

/* The watchdog has ended its connection. */
static bool was_slow(const struct request *request)
{
	return request->conn && atomic_load(&request->conn->late);
}

/*
 * An address identifies a person, so it is logged only where an operator may
 * have to act on it: wrong credentials, malformed requests, unknown paths, slow
 * clients. The addresses of uploads and downloads are not logged.
 */
static bool shows_client(const struct request *request)
{
	return request->status == 401 || request->status == 400 ||
	       !request->route || was_slow(request) ||
	       request->failure == FAILURE_SLOT_INVALID;
}

static void say_unsaid(const struct log *log, struct throttle *throttle,
    const char *which, int64_t now, bool end)
{
	uint64_t unsaid = throttle_unsaid(throttle, now, end);

	if (!unsaid)
		return;

	struct log_line line; /* it is cleared where it stands */
	log_begin(&line, log, CONF_LOG_WARN, "lines left out");
	log_text(&line, "which", which);
	log_u64(&line, "lines", unsaid);
	log_end(&line);
}

static void say_all(
    struct access *access, const struct log *log, int64_t now, bool end)
{
	say_unsaid(log, &access->failed, "unauthorized", now, end);
	say_unsaid(log, &access->refused, "refused strangers", now, end);
}

void access_done(struct server *server)
{
	say_all(&server->access, &server->service->log, clock_micros(), true);
	throttle_done(&server->access.failed);
	throttle_done(&server->access.refused);
}

static bool may_say(
    struct request *request, const struct ip *client, int64_t now)
{
	struct access *access = &request->server->access;

	if (!by_stranger(request))
		return true;
	if (throttle_take(
		has_failed(request) ? &access->failed : &access->refused,
		client, now))
		return true;
	metrics_count(request->server->metrics, METRICS_SUPPRESSED, 1);
	return false;
}

static struct span first_segment(struct span path)
{
	struct span rest = span_from(path, 1);

	return span_first(path, 1 + span_find(rest, '/'));
}

/*
 * The targets of slots contain tokens and file names, and are not logged. The
 * target is logged when its signature is refused. Of an unknown path the first
 * segment is logged, and only with POST, which shows a proxy that passes a
 * wrong path on: clients use PUT and GET.
 */
static void add_target(struct log_line *line, const struct request *request)
{
	if (request->status == 401 && !request->endpoint->basic &&
	    !request->base_caller)
		log_span(line, "target",
		    request->endpoint->personal ? request->path
						: request->target);
	else if (!request->route && span_is(request->method, "POST"))
		log_span(line, "target", first_segment(request->path));
}

static void add_text(struct log_line *line, const char *key, const char *value)
{
	if (value[0])
		log_text(line, key, value);
}

static void add_request(struct log_line *line, const struct request *request)
{
	log_text(line, "id", request->id);
	add_text(line, "user", request->who.user);
	add_text(line, "slot", request->slot);
	log_span(line, "method", request->method);
	if (request->base_caller)
		log_span(line, "route", request->base_caller->base);
	else if (request->route)
		log_text(line, "route", request->route->path);
	add_target(line, request);
	add_text(
	    line, request->claimed ? "claimed" : "caller", request->caller);
	add_text(line, "domain", request->who.domain);
	add_text(line, "jid", request->who.jid);
	if (request->has_size)
		log_u64(line, "size", request->size);
	log_u64(line, "status", request->status);
	if (request->failure != FAILURE_NONE)
		log_text(line, "code", failure_entry(request->failure)->code);
	if (was_slow(request) && !request->reason[0])
		log_text(line, "reason", "the client was too slow");
	add_text(line, "reason", request->reason);
	if (request->skew)
		log_i64(line, "skew", request->skew);
}

static void write_line(struct request *request, int64_t now)
{
	const struct log *log = &request->service->log;
	struct ip client = { { 0 } };
	char memory[IP_TEXT_SIZE];
	struct log_line line;
	struct buf text;
	bool known = (by_stranger(request) || was_slow(request)) &&
		     request->conn && request_client(request, &client);

	if (!may_say(request, &client, now))
		return;
	log_begin(&line, log, level_of(request),
	    has_failed(request) ? "unauthorized" : "request");
	if (known && shows_client(request)) {
		buf_init(&text, memory, sizeof memory);
		ip_write(&client, &text);
		log_span(&line, "client", buf_span(&text));
	}
	add_request(&line, request);
	if (!request->whole)
		log_text(&line, "ended", "early");
	log_u64(&line, "us", (uint64_t)(now - request->started));
	log_end(&line);
}

void access_log(struct request *request, int64_t now)
{
	const struct log *log = &request->service->log;

	if (!request->status)
		access_answered(request, now);
	say_all(&request->server->access, log, now, false);
	if (level_of(request) <= log->level && !is_healthy_probe(request))
		write_line(request, now);
}
