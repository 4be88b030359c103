#include "conf/quota.h"

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
