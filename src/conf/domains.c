#include "conf/quota.h"

#include "slot/dialect.h"

/* The first "*." that matches a domain counts, whatever follows. */
static void warn_hidden(
    struct reader *reader, const struct node *node, struct span name)
{
	const struct conf *conf = reader->conf;

	if (!span_starts(name, "*."))
		return;
	for (size_t i = 0; i < conf->domain_count; i++) {
		const struct span other = conf->domains[i].name;

		if (!span_starts(other, "*.") ||
		    !jid_domain_matches(span_from(name, 2), other))
			continue;
		node_warn(reader, node,
		    "never counts: domains[%zu] matches all of its domains "
		    "first; put this entry before that one",
		    i);
		return;
	}
}

static void read_name(
    struct reader *reader, const struct node *node, void *into)
{
	const struct conf *conf = reader->conf;
	struct span *name = into;
	struct span text;

	if (!read_text(reader, node, &text) ||
	    !read_domain(reader, node, text, &text))
		return;
	for (size_t i = 0; i < conf->domain_count; i++) {
		if (!span_equal(conf->domains[i].name, text))
			continue;
		node_wrong(reader, node, "another entry has this name already");
		return;
	}
	warn_hidden(reader, node, text);
	*name = text;
}

static void read_store(
    struct reader *reader, const struct node *node, void *into)
{
	const struct conf *conf = reader->conf;
	size_t *number = into;
	struct span text;

	if (!read_text(reader, node, &text))
		return;
	for (size_t i = 0; i < conf->storage_count; i++) {
		if (!span_equal(conf->storages[i].name, text))
			continue;
		*number = i;
		return;
	}
	node_wrong(reader, node, "no store has this name");
}

static const struct setting rows[] = {
	PART("name", struct conf_domain, name, read_name),
	PART("max_size", struct conf_domain, policy, policy_max_size),
	PART("allow_types", struct conf_domain, policy, policy_types),
	PART("deny_extensions", struct conf_domain, policy, policy_extensions),
	PART("storage", struct conf_domain, storage, read_store),
	PART("slots_per_minute", struct conf_domain, policy, policy_slots),
	PART("bytes_per_day", struct conf_domain, policy, policy_bytes),
	PART("domain_bytes_per_day", struct conf_domain, policy,
	    policy_domain_bytes),
};

static void read_one(
    struct reader *reader, const struct node *group, struct conf_domain *domain)
{
	const struct settings settings = { .rows = rows,
		.count = sizeof rows / sizeof *rows };

	/* What it leaves out. */
	domain->name = SPAN_EMPTY;
	domain->policy = reader->conf->policy;
	domain->storage = 0;
	if (!read_group(reader, group))
		return;
	settings_read(reader, group, &settings, domain);
	if (!node_member(group, "name"))
		node_missing(reader, group, "name",
		    "the domain, such as \"example.org\" or "
		    "\"*.example.org\"");
}

/* A presigned PUT takes any Content-Type that is not signed. */
static bool binds(const struct conf_storage *storage)
{
	return storage->type != CONF_STORE_S3 || storage->s3.relay ||
	       storage->s3.sign_content_type;
}

/* Whether it warned. A list with a fault has fewer types. */
static bool check_one(struct reader *reader, const struct node *node,
    const struct policy *policy, size_t number)
{
	const struct conf_storage *storage = &reader->conf->storages[number];

	if (!node || binds(storage) || !policy_limits_types(policy) ||
	    policy->allow_type_count != node_count(node))
		return false;
	node_warn(reader, node,
	    "clients can upload any type all the same: they PUT "
	    "straight into the bucket of storage \"%.*s\", and the "
	    "type is not signed; set its sign_content_type = true, or "
	    "relay = true",
	    (int)storage->name.len, storage->name.at);
	return true;
}

/* PUTs below a caller's base go by slotd, whatever the store. */
static bool has_slots(const struct conf *conf)
{
	for (size_t i = 0; i < conf->caller_count; i++)
		if (!dialect_makes_urls(conf->callers[i].dialect))
			return true;
	return false;
}

void check_types(struct reader *reader, const struct node *root)
{
	const struct conf *conf = reader->conf;
	const struct node *policy = node_member(root, "policy");
	const struct node *list = node_member(root, "domains");
	const struct node *all =
	    policy ? node_member(policy, "allow_types") : NULL;
	bool told;

	if (!reader->has_store || !has_slots(conf))
		return;
	told = check_one(reader, all, &conf->policy, 0);
	for (size_t i = 0; i < conf->domain_count; i++) {
		const struct conf_domain *domain = &conf->domains[i];
		const struct node *own =
		    node_member(node_at(list, i), "allow_types");

		if (own)
			check_one(
			    reader, own, &domain->policy, domain->storage);
		else if (!told)
			told = check_one(
			    reader, all, &domain->policy, domain->storage);
	}
}

void read_domains(struct reader *reader, const struct node *root)
{
	const struct node *list = node_member(root, "domains");
	struct conf *conf = reader->conf;

	if (!list || !read_list(reader, list, "groups"))
		return;
	conf->domains = memory_get(
	    reader->keep, (node_count(list) + 1) * sizeof *conf->domains);
	/* A domain that is being read is not counted yet: see read_name. */
	for (size_t i = 0; i < node_count(list); i++, conf->domain_count++)
		read_one(reader, node_at(list, i), &conf->domains[i]);
}
