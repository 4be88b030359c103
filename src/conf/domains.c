#include "conf/sections.h"
#include "core/idn.h"
#include "core/uri.h"
#include "slot/dialect.h"

#include <string.h>

bool domains_name(
    const struct node *node, struct span text, struct span *ret_item)
{
	bool below = span_starts(text, "*.");
	/* A-labels are longer than their U-labels. */
	size_t size = 2 * text.len + IDN_MAX + 3;
	const char *wrong;
	struct span name;
	struct buf out;

	buf_init(&out, arena_get(node_keep(node), size), size);
	if (below)
		buf_text(&out, "*.");
	if (!jid_domain(span_from(text, below ? 2 : 0), &out, &wrong))
		return node_wrong(node,
		    "must be a domain, or \"*.\" and a domain (%s)",
		    wrong + strlen("jid: "));
	name = span_from(buf_span(&out), below ? 2 : 0);
	if (below && uri_is_address(name))
		return node_wrong(node, "an IP address has no subdomains");
	if (!jid_labels_valid(name))
		return node_wrong(node,
		    "has a label that begins with xn-- but is not "
		    "an A-label (IDNA2008)");
	*ret_item = buf_span(&out);
	return true;
}

/* The first "*." entry that matches a domain is used, not the best one. */
static void warn_hidden(const struct node *node, struct span name)
{
	const struct conf *conf = node->reading->conf;

	if (!span_starts(name, "*."))
		return;
	for (size_t i = 0; i < conf->domain_count; i++) {
		const struct span other = conf->domains[i].name;

		if (!span_starts(other, "*.") ||
		    !jid_domain_matches(span_from(name, 2), other))
			continue;
		node_warn(node,
		    "is never used, because domains[%zu] matches the same "
		    "domains first: move this entry before that one",
		    i);
		return;
	}
}

static void read_name(const struct node *node, void *into)
{
	const struct conf *conf = node->reading->conf;
	struct span *name = into;
	struct span text;

	if (!value_text(node, &text) || !domains_name(node, text, &text))
		return;
	for (size_t i = 0; i < conf->domain_count; i++) {
		if (!span_equal(conf->domains[i].name, text))
			continue;
		node_wrong(node, "another entry already has this name");
		return;
	}
	warn_hidden(node, text);
	*name = text;
}

static void read_store(const struct node *node, void *into)
{
	const struct conf *conf = node->reading->conf;
	size_t *number = into, found;
	struct span text;

	if (!value_text(node, &text))
		return;
	found = storage_named(conf, text);
	if (found < conf->storage_count)
		*number = found;
	else
		node_wrong(node, "no store has this name");
}

static const struct setting rows[] = {
	{ "name", READ(struct conf_domain, name, read_name) },
	{ "storage", READ(struct conf_domain, storage, read_store) },
};

static void read_one(const struct node *group, struct conf_domain *domain)
{
	struct settings policy = policy_settings;
	const struct settings settings = { SETTINGS(rows), .more = &policy };

	/* The values of what the entry does not set. */
	*domain = (struct conf_domain){
		.name = SPAN_EMPTY,
		.policy = group->reading->conf->policy,
	};
	if (!value_group(group))
		return;
	policy.into = &domain->policy;
	settings_read(group, &settings, domain);
	if (!node_member(group, "name"))
		node_missing(group, "name",
		    "the domain, such as \"example.org\" or \"*.example.org\"");
}

/* Whether the store enforces the type that the slot was granted for: a
 * presigned PUT takes any Content-Type that is not signed. */
static bool binds(const struct conf_storage *storage)
{
	return !storage->s3 || storage->takes_uploads ||
	       storage->s3->sign_content_type;
}

/* Gives whether it warned. When an entry of the list is faulty, fewer types
 * than entries were read: no warning then. */
static bool check_one(
    const struct node *node, const struct policy *policy, size_t number)
{
	const struct conf_storage *storage;

	if (!node)
		return false;
	storage = &node->reading->conf->storages[number];
	if (binds(storage) || !policy_limits_types(policy) ||
	    policy->allow_type_count != node->count)
		return false;
	node_warn(node,
	    "clients can still upload any type: they PUT straight into the "
	    "bucket of storage \"%.*s\", and the type is not signed; set "
	    "sign_content_type = true or relay = true there",
	    (int)storage->name.len, storage->name.at);
	return true;
}

/* Whether a caller gets slots: PUTs below a caller's base always go through
 * slotd, which enforces the type. */
static bool has_slots(const struct conf *conf)
{
	for (size_t i = 0; i < conf->caller_count; i++)
		if (!dialect_makes_urls(conf->callers[i].dialect))
			return true;
	return false;
}

void domains_check_types(const struct node *root)
{
	const struct conf *conf = root->reading->conf;
	const struct node *list = node_member(root, "domains");
	const struct node *all =
	    node_member(node_member(root, "policy"), "allow_types");
	bool told;

	if (!root->reading->has_store || !has_slots(conf))
		return;
	told = check_one(all, &conf->policy, 0);
	for (size_t i = 0; i < conf->domain_count; i++) {
		const struct conf_domain *domain = &conf->domains[i];
		const struct node *own =
		    node_member(node_at(list, i), "allow_types");

		if (own)
			check_one(own, &domain->policy, domain->storage);
		else if (!told)
			told = check_one(all, &domain->policy, domain->storage);
	}
}

void domains_read(const struct node *root)
{
	const struct node *list = node_member(root, "domains");
	struct conf *conf = root->reading->conf;

	if (!list || !value_list(list, "groups"))
		return;
	conf->domains = arena_get(
	    node_keep(root), (list->count + 1) * sizeof *conf->domains);
	/* A domain that is being read is not counted yet: see read_name. */
	for (size_t i = 0; i < list->count; i++, conf->domain_count++)
		read_one(node_at(list, i), &conf->domains[i]);
	arena_names(node_keep(root), list->count, &conf->domain_names);
	for (uint32_t i = 0; i < list->count; i++)
		names_add(&conf->domain_names, conf->domains[i].name, i);
}
