#include "doctor/check_public.h"

/* Below the bases of callers, whose URLs their XMPP servers make. */

/* As service_share(): where files without a JID go. */
static const struct conf_storage *storage_of(
    const struct conf *conf, const struct caller *caller)
{
	const struct conf_storage *found = &conf->storages[0];
	const struct span domain =
	    caller->allow_domain_count ? caller->allow_domains[0] : SPAN_EMPTY;

	for (size_t i = 0; domain.len && i < conf->domain_count; i++) {
		const struct conf_domain *at = &conf->domains[i];

		if (span_equal(domain, at->name))
			return &conf->storages[at->storage];
		if (found == &conf->storages[0] &&
		    jid_domain_matches(domain, at->name))
			found = &conf->storages[at->storage];
	}
	return found;
}

static bool is_ours(const struct doctor *doctor, const struct caller *caller)
{
	return caller->base.len &&
	       storage_of(doctor->conf, caller) == doctor->storage;
}

bool has_bases(const struct doctor *doctor)
{
	const struct conf *conf = doctor->conf;

	for (size_t i = 0; conf->public_url.len && i < conf->caller_count; i++)
		if (is_ours(doctor, &conf->callers[i]))
			return true;
	return false;
}

bool has_ends(const struct doctor *doctor)
{
	const struct conf *conf = doctor->conf;

	for (size_t i = 0; i < conf->caller_count; i++)
		if (conf->callers[i].dialect == DIALECT_JWT &&
		    is_ours(doctor, &conf->callers[i]))
			return true;
	return false;
}

/* Where slotd leads who asks for the probe below this base. */
static bool leads_to_store(
    const struct doctor *doctor, const struct caller *caller)
{
	const struct uri_base *base = &doctor->storage->s3.download;
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
	char memory[4096], below[256];
	struct buf url, name;
	struct fetch_request request = { .method = "GET", .url = memory };

	buf_init(&url, memory, sizeof memory);
	buf_init(&name, below, sizeof below);
	buf_add(&name, caller->base);
	say(&url, "%.*s%.*s" PROBE_KEY, ARG(doctor->conf->public_url),
	    ARG(caller->base));
	ask(doctor, &request);
	if (of_s3(doctor) && doctor->reply.result == FETCH_ANSWERED &&
	    doctor->reply.status == 302 && !leads_to_store(doctor, caller))
		return fail_other(doctor, memory);
	if (doctor->reply.result != FETCH_ANSWERED ||
	    !(of_s3(doctor) ? doctor->reply.status == 302
			    : says_code(doctor, "not-found")))
		return fail_foreign(doctor, memory, below);
	/* Without what would allow it. */
	request.method = "PUT";
	request.body = span_of("");
	ask(doctor, &request);
	if (!says_code(doctor, "slot-invalid") &&
	    !says_code(doctor, "unauthorized"))
		return fail_foreign(doctor, memory, below);
	return VERDICT_OK;
}

enum verdict try_bases(struct doctor *doctor)
{
	const struct conf *conf = doctor->conf;
	enum verdict verdict = VERDICT_OK;

	for (size_t i = 0; verdict == VERDICT_OK && i < conf->caller_count; i++)
		if (is_ours(doctor, &conf->callers[i]))
			verdict = try_base(doctor, &conf->callers[i]);
	return verdict;
}

void seen_bases(struct doctor *doctor)
{
	const struct conf *conf = doctor->conf;

	for (size_t i = 0; i < conf->caller_count; i++)
		if (is_ours(doctor, &conf->callers[i]))
			seen(doctor, " %.*s", ARG(conf->callers[i].base));
}
