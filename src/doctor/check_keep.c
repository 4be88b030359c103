#include "doctor/private.h"

/* How long files are kept, by all the settings that say so. */

#define DOMAINS_MAX 8

bool check_keep_applies(const struct doctor *doctor)
{
	const struct conf *conf = doctor->conf;

	for (size_t i = 0; i < conf->caller_count; i++)
		if (conf->callers[i].keep &&
		    check_base_is_ours(doctor, &conf->callers[i]))
			return true;
	return doctor->storage->ends;
}

/* In the largest unit that leaves no rest. */
static void add_time(struct doctor *doctor, uint32_t seconds)
{
	static const struct {
		uint32_t seconds;
		const char *name;
	} units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" },
		{ 1, "second" } };
	size_t i = 0;

	if (!seconds) {
		seen(doctor, "for ever");
		return;
	}
	while (seconds % units[i].seconds)
		i++;
	seconds /= units[i].seconds;
	seen(doctor, "%u %s%s", (unsigned)seconds, units[i].name,
	    seconds == 1 ? "" : "s");
}

/* An ephemeral file ends when its client says, or earlier. */
static void add_policies(struct doctor *doctor, const struct policies *policies)
{
	for (unsigned i = 0; i < PURPOSE_COUNT; i++) {
		const uint32_t keep = policies->of[i].keep;

		if (!policies->offers[i])
			continue;
		seen(doctor, "%s%s ", i ? ", " : "", purpose_name(i));
		if (i != PURPOSE_EPHEMERAL) {
			add_time(doctor, keep);
			continue;
		}
		seen(doctor, "as clients say");
		if (keep) {
			seen(doctor, ", at most ");
			add_time(doctor, keep);
		}
	}
}

static void add_domains(struct doctor *doctor)
{
	const struct conf *conf = doctor->conf;
	size_t count = 0;

	for (size_t i = 0; i < conf->domain_count; i++) {
		const struct conf_domain *domain = &conf->domains[i];

		if (&conf->storages[domain->storage] != doctor->storage)
			continue;
		if (count++ == DOMAINS_MAX) {
			seen(doctor, "; and more domains");
			return;
		}
		seen(doctor, "; %.*s: ", ARG(domain->name));
		add_policies(doctor, &domain->policies);
	}
}

static void add_bases(struct doctor *doctor)
{
	const struct conf *conf = doctor->conf;

	for (size_t i = 0; i < conf->caller_count; i++) {
		const struct caller *caller = &conf->callers[i];

		if (!check_base_is_ours(doctor, caller))
			continue;
		seen(doctor, "; below %.*s: ", ARG(caller->base));
		if (caller->keep || caller->dialect != DIALECT_JWT ||
		    doctor->storage->s3)
			add_time(doctor, caller->keep);
		else
			seen(doctor, "as the XMPP server says");
	}
}

enum verdict check_keep(struct doctor *doctor)
{
	const struct conf *conf = doctor->conf;

	if (&conf->storages[conf_storage_of(conf, SPAN_EMPTY)] ==
	    doctor->storage) {
		seen(doctor, "files are kept: ");
		add_policies(doctor, &conf->policies);
	} else {
		seen(doctor, "files are kept by their domains");
	}
	add_domains(doctor);
	add_bases(doctor);
	return VERDICT_OK;
}
