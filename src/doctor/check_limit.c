#include "doctor/private.h"

/*
 * Whether a proxy at public_url lets the largest file pass. Many refuse a body
 * by its Content-Length, before slotd hears of the request. So the head of
 * such an upload is sent, with a token that slotd refuses, and never a body.
 */

static uint64_t larger(const struct policies *policies, uint64_t size)
{
	for (unsigned i = 0; i < PURPOSE_COUNT; i++)
		if (policies->offers[i] && policies->of[i].max_size > size)
			size = policies->of[i].max_size;
	return size;
}

/* Of all files that can go into this storage. */
static uint64_t largest(const struct doctor *doctor)
{
	const struct conf *conf = doctor->conf;
	uint64_t size = 0;

	if (&conf->storages[conf_storage_of(conf, SPAN_EMPTY)] ==
	    doctor->storage)
		size = larger(&conf->policies, size);
	for (size_t i = 0; i < conf->domain_count; i++)
		if (&conf->storages[conf->domains[i].storage] ==
		    doctor->storage)
			size = larger(&conf->domains[i].policies, size);
	return size;
}

/* The dialects below a base have no purposes. */
static uint64_t larger_message(const struct policies *policies, uint64_t size)
{
	const uint64_t max = policies->of[PURPOSE_MESSAGE].max_size;

	return max > size ? max : size;
}

static uint64_t larger_of_domain(
    const struct conf *conf, struct span domain, uint64_t size)
{
	const uint32_t number = names_find_domain(&conf->domain_names, domain);

	return larger_message(number == NAMES_NONE
				  ? &conf->policies
				  : &conf->domains[number].policies,
	    size);
}

/* Only jwt names the user; else the first domain decides, as in dialect.c. */
static uint64_t largest_below(
    const struct conf *conf, const struct caller *caller)
{
	const bool all = caller->dialect == DIALECT_JWT;
	uint64_t size = 0;

	if (!caller->allow_domain_count)
		size = larger_message(&conf->policies, size);
	for (size_t i = 0; i < caller->allow_domain_count && (all || !i); i++)
		size = larger_of_domain(conf, caller->allow_domains[i], size);
	for (size_t i = 0; all && i < conf->domain_count; i++)
		if (auth_allows(caller, conf->domains[i].name))
			size = larger_message(&conf->domains[i].policies, size);
	return size;
}

/* The body is wanted, or nothing came while libcurl waited for a 100. */
static long give_nothing(void *of, uint64_t offset, char *bytes, size_t size)
{
	bool *is_wanted = of;

	(void)offset;
	(void)bytes;
	(void)size;
	*is_wanted = true;
	return 0;
}

enum verdict check_limit(struct doctor *doctor, const struct caller *caller)
{
	const uint64_t size =
	    caller ? largest_below(doctor->conf, caller) : largest(doctor);
	bool is_wanted = false;

	ask(doctor, (struct fetch_request){ .method = "PUT",
			.give = give_nothing,
			.give_size = size,
			.expect = true,
			.of = &is_wanted });
	if (is_wanted)
		return VERDICT_OK;
	if (doctor->reply.result != FETCH_ANSWERED)
		return ask_undecided(doctor, "the head of a large PUT");
	if (doctor->reply.status != 413)
		return VERDICT_OK;
	seen(doctor,
	    "%s: the proxy refuses a PUT of %llu bytes, which max_size "
	    "allows: 413",
	    doctor->url.at, (unsigned long long)size);
	change(doctor,
	    "Raise the proxy's limit, for nginx: client_max_body_size %llum; "
	    "(Apache: LimitRequestBody %llu).\nOr lower max_size.\n",
	    (unsigned long long)((size >> 20) + !!(size & 0xfffff)),
	    (unsigned long long)size);
	return VERDICT_FAILURE;
}
