#include "conf/sections.h"
#include "store/s3.h"

/* What a list of `purposes` says of one purpose. */
struct rules {
	const struct node *group; /* NULL: nothing */
	struct policy policy;     /* only what the group sets counts */
};

/* An entry, with its name. */
struct entry {
	enum purpose purpose;
	bool named;
	struct policy policy;
};

static void read_name(const struct node *node, void *into)
{
	struct entry *entry = into;
	unsigned number;

	if (!value_word(node, "message|profile|ephemeral|permanent", &number))
		return;
	entry->purpose = (enum purpose)number;
	entry->named = true;
}

static const struct setting rows[] = {
	{ "name", WHOLE(read_name) },
};

static void read_entry(
    const struct node *group, struct rules rules[PURPOSE_COUNT])
{
	struct settings policy = policy_purpose_settings;
	const struct settings settings = { SETTINGS(rows), .more = &policy };
	struct entry entry = { .named = false };

	if (!value_group(group))
		return;
	policy.into = &entry.policy;
	settings_read(group, &settings, &entry);
	if (!node_member(group, "name"))
		node_missing(
		    group, "name", "message, profile, ephemeral or permanent");
	if (!entry.named)
		return;
	if (rules[entry.purpose].group)
		node_wrong(node_member(group, "name"),
		    "another entry already has this name");
	else
		rules[entry.purpose] = (struct rules){ group, entry.policy };
}

/* False: there is no list. */
static bool read_list(
    const struct node *list, struct rules rules[PURPOSE_COUNT])
{
	if (!list || !value_list(list, "groups"))
		return false;
	for (size_t i = 0; i < list->count; i++)
		read_entry(node_at(list, i), rules);
	return true;
}

static void apply(struct policy *policy, const struct rules *rules)
{
	const struct policy *from = &rules->policy;

	if (node_member(rules->group, "keep"))
		policy->keep = from->keep;
	if (node_member(rules->group, "max_size"))
		policy->max_size = from->max_size;
	if (node_member(rules->group, "allow_types")) {
		policy->allow_types = from->allow_types;
		policy->allow_type_count = from->allow_type_count;
	}
	if (node_member(rules->group, "bytes_per_day")) {
		policy->bytes_per_day = from->bytes_per_day;
		policy->own_bytes = true;
	}
}

/* own: of the domain's list; NULL: it has none, and policy's counts. */
static void make(const struct policy *base, const struct rules *all,
    const struct rules *own, struct policies *ret_policies)
{
	for (unsigned i = 0; i < PURPOSE_COUNT; i++) {
		struct policy *policy = &ret_policies->of[i];

		*policy = *base;
		if (i == PURPOSE_PERMANENT)
			policy->keep = 0;
		apply(policy, &all[i]);
		if (own)
			apply(policy, &own[i]);
		ret_policies->offers[i] =
		    i == PURPOSE_MESSAGE || (own ? own : all)[i].group;
	}
}

/* Lowers sizes to the quotas, once all of these are known. told: the list whose
 * sizes are warned of; NULL: none. */
static void cap(const struct rules *told, struct policies *policies)
{
	for (unsigned i = 0; i < PURPOSE_COUNT; i++)
		policy_cap(told ? told[i].group : NULL, &policies->of[i]);
}

/* Whether files with these policies can end. */
static bool end(const struct policies *policies)
{
	for (unsigned i = 0; i < PURPOSE_COUNT; i++)
		if (policies->offers[i] &&
		    (policies->of[i].keep || i == PURPOSE_EPHEMERAL))
			return true;
	return false;
}

/* The store that files with these policies go to. An ephemeral file must not be
 * readable after its end, and a public bucket's is until it is swept. */
static void use_store(const struct policies *policies,
    const struct rules *ephemeral, struct conf_storage *storage)
{
	storage->ends |= end(policies);
	if (ephemeral->group && storage->s3 &&
	    storage->s3->get == S3_GET_PUBLIC)
		node_wrong(node_member(ephemeral->group, "name"),
		    "files of storage \"%.*s\" can be read by everybody until "
		    "they are swept: ephemeral needs get = \"redirect\" or "
		    "\"presigned\" there, or the embedded store",
		    (int)storage->name.len, storage->name.at);
}

static void check_store(
    const struct node *group, const struct conf_storage *storage)
{
	if (!storage->ends)
		return;
	if (storage->has_template &&
	    !key_template_has(&storage->template, KEY_UNTIL))
		node_wrong(node_member(group, "key"),
		    "must have {until}, because files of this store have an "
		    "end (keep), as in \"{until}/{random}/{filename}\"");
	if (storage->s3 && storage->s3->get == S3_GET_PUBLIC)
		node_warn(group,
		    "a file past its end can still be read until `slotd sweep` "
		    "has removed it; with get = \"redirect\" it is gone at "
		    "once");
}

static void read_domain(const struct node *group,
    const struct rules all[PURPOSE_COUNT], struct conf_domain *domain)
{
	struct rules own[PURPOSE_COUNT] = { 0 };
	bool has = read_list(node_member(group, "purposes"), own);
	struct conf *conf = group->reading->conf;

	make(&domain->policy, all, has ? own : NULL, &domain->policies);
	cap(has ? own : NULL, &domain->policies);
	if (group->reading->has_store)
		use_store(&domain->policies,
		    &(has ? own : all)[PURPOSE_EPHEMERAL],
		    &conf->storages[domain->storage]);
}

void purposes_read(const struct node *root)
{
	const struct node *policy = node_member(root, "policy");
	const struct node *domains = node_member(root, "domains");
	struct rules all[PURPOSE_COUNT] = { 0 };
	struct conf *conf = root->reading->conf;

	read_list(node_member(policy, "purposes"), all);
	make(&conf->policy, all, NULL, &conf->policies);
	cap(all, &conf->policies);
	if (root->reading->has_store)
		use_store(&conf->policies, &all[PURPOSE_EPHEMERAL],
		    &conf->storages[0]);
	for (size_t i = 0; i < conf->domain_count; i++)
		read_domain(node_at(domains, i), all, &conf->domains[i]);
	for (size_t i = 0; root->reading->has_store && i < conf->storage_count;
	     i++)
		check_store(
		    root->reading->storage_nodes[i], &conf->storages[i]);
}
