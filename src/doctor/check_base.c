#include "doctor/private.h"

#include <string.h>

/* Which server answers at public_url, and below the bases of callers whose
 * XMPP server makes the URLs. */

bool check_says(const struct doctor *doctor, const char *code)
{
	char memory[64];
	struct buf wanted;

	buf_init(&wanted, memory, sizeof memory);
	say(&wanted, "\"code\":\"%s\"", code);
	return doctor->reply.result == FETCH_ANSWERED &&
	       strstr(doctor->reply.body, wanted.at);
}

static enum verdict fail_silent(struct doctor *doctor)
{
	seen_reply(doctor, "%s: ", doctor->url.at);
	change(doctor,
	    "Start the service first. If it is running: does public_url lead "
	    "to it (DNS, proxy, certificate)?\nTry: curl -v %s\n",
	    doctor->url.at);
	return VERDICT_FAILURE;
}

/* What nginx and Caddy (502), Apache and HAProxy (503) and slow ones (504)
 * answer in slotd's place. */
static bool proxy_is_alone(const struct doctor *doctor)
{
	const unsigned status = doctor->reply.status;

	return status == 502 || status == 503 || status == 504;
}

/* slotd itself, when it has no credentials, or no room for more requests. */
static enum verdict fail_busy(struct doctor *doctor)
{
	change(doctor, "See the service's log: journalctl -u slotd\n");
	return seen_failure(doctor,
	    "%s: slotd cannot serve this now: 503 unavailable", doctor->url.at);
}

enum verdict check_fail_foreign(struct doctor *doctor, const char *below)
{
	if (doctor->reply.result != FETCH_ANSWERED)
		return fail_silent(doctor);
	if (check_says(doctor, "unavailable"))
		return fail_busy(doctor);
	seen_reply(doctor, "%s: this is not slotd's answer: ", doctor->url.at);
	if (proxy_is_alone(doctor))
		change(doctor,
		    "The proxy does not reach slotd. Start the service first. "
		    "If it is running: the proxy must pass %s to\nthe address "
		    "and port of `public`, or of `listen` if there is no "
		    "`public`; see the proxy's error log.\n",
		    below);
	else
		change(doctor,
		    "The proxy must pass %s below public_url to slotd, with "
		    "the path unchanged (see base_path).\n",
		    below);
	return VERDICT_FAILURE;
}

enum verdict check_fail_other(struct doctor *doctor)
{
	change(doctor, "public_url must lead to the slotd that runs with this "
		       "configuration. After a change of key_file or of the "
		       "storage's name: systemctl reload slotd\n");
	return seen_failure(doctor,
	    "%s: another slotd answers, or one with another key_file",
	    doctor->url.at);
}

/* --- the bases of callers -------------------------------------------------*/

/* Without a JID, the caller's first domain decides, as in service_share. */
bool check_base_is_of(const struct conf *conf,
    const struct conf_storage *storage, const struct caller *caller)
{
	const struct span domain =
	    caller->allow_domain_count ? caller->allow_domains[0] : SPAN_EMPTY;

	return caller->base.len &&
	       &conf->storages[conf_storage_of(conf, domain)] == storage;
}

bool check_base_is_ours(
    const struct doctor *doctor, const struct caller *caller)
{
	return check_base_is_of(doctor->conf, doctor->storage, caller);
}

bool check_has_bases(const struct doctor *doctor)
{
	const struct conf *conf = doctor->conf;

	for (size_t i = 0; conf->public_url.len && i < conf->caller_count; i++)
		if (check_base_is_ours(doctor, &conf->callers[i]))
			return true;
	return false;
}

bool check_has_ends(const struct doctor *doctor)
{
	const struct conf *conf = doctor->conf;

	for (size_t i = 0; i < conf->caller_count; i++)
		if (conf->callers[i].dialect == DIALECT_JWT &&
		    check_base_is_ours(doctor, &conf->callers[i]))
			return true;
	return false;
}

/* Whether slotd redirected to the probe below this base in the store. */
static bool leads_to_store(
    const struct doctor *doctor, const struct caller *caller)
{
	const struct uri_base *base = &doctor->storage->s3->download;
	const struct span to = span_of(doctor->reply.location);
	char memory[2048];
	struct buf wanted;

	buf_init(&wanted, memory, sizeof memory);
	say(&wanted, "%.*s://%.*s%.*s%.*s" PROBE_KEY, ARG(base->scheme),
	    ARG(base->host), ARG(base->path), ARG(caller->base));
	return buf_ok(&wanted) && doctor->reply.status == 302 &&
	       span_equal(
		   span_first(to, span_find(to, '?')), buf_span(&wanted));
}

static enum verdict try_base(struct doctor *doctor, const struct caller *caller)
{
	char below[256];
	struct buf name;

	buf_init(&name, below, sizeof below);
	buf_add(&name, caller->base);
	say(ask_url(doctor), "%.*s%.*s" PROBE_KEY,
	    ARG(doctor->conf->public_url), ARG(caller->base));
	ask(doctor, (struct fetch_request){ .method = "GET" });
	if (doctor->storage->s3 && doctor->reply.result == FETCH_ANSWERED &&
	    doctor->reply.status == 302 && !leads_to_store(doctor, caller))
		return check_fail_other(doctor);
	if (doctor->reply.result != FETCH_ANSWERED ||
	    !(doctor->storage->s3 ? doctor->reply.status == 302
				  : check_says(doctor, "not-found")))
		return check_fail_foreign(doctor, below);
	/* An upload without a signature, which slotd refuses. */
	ask(doctor,
	    (struct fetch_request){ .method = "PUT", .body = span_of("") });
	if (!check_says(doctor, "slot-invalid") &&
	    !check_says(doctor, "unauthorized"))
		return check_fail_foreign(doctor, below);
	return check_limit(doctor, caller);
}

enum verdict check_bases(struct doctor *doctor)
{
	const struct conf *conf = doctor->conf;
	enum verdict verdict = VERDICT_OK;

	for (size_t i = 0; verdict == VERDICT_OK && i < conf->caller_count; i++)
		if (check_base_is_ours(doctor, &conf->callers[i]))
			verdict = try_base(doctor, &conf->callers[i]);
	return verdict;
}

void check_seen_bases(struct doctor *doctor)
{
	const struct conf *conf = doctor->conf;

	for (size_t i = 0; i < conf->caller_count; i++)
		if (check_base_is_ours(doctor, &conf->callers[i]))
			seen(doctor, " %.*s", ARG(conf->callers[i].base));
}
