#include "conf/sections.h"
#include "conf/value.h"
#include "core/amount.h"
#include "slot/media_type.h"
#include "slot/dialect.h"

/* The most that the counters can hold; see quota/windows.h. */
#define SLOTS_MAX 4000
#define DAY_BYTES_MAX ((1ULL << 48) - 1)
#define S3_PUT_MAX (UINT64_C(5) << 30)

static void read_max_size(const struct node *node, void *into)
{
	uint64_t bytes;

	if (!value_size(node, &bytes))
		return;
	if (bytes == 0)
		node_wrong(node,
		    "must not be 0, which would refuse every file: "
		    "remove this setting for the default, 1 GiB");
	else
		*(uint64_t *)into = bytes;
}

static void read_day_bytes(const struct node *node, void *into)
{
	uint64_t bytes;

	if (!value_size(node, &bytes))
		return;
	if (bytes > DAY_BYTES_MAX)
		node_wrong(node, "must be less than 256 TiB (0: no limit)");
	else
		*(uint64_t *)into = bytes;
}

static bool read_type(
    const struct node *node, struct span text, struct span *ret_item)
{
	if (!media_type_pattern_valid(text))
		return node_wrong(node,
		    "must be a media type such as \"image/png\" "
		    "or \"image/*\"");
	*ret_item = arena_copy(node_keep(node), text);
	return true;
}

static void read_types(const struct node *node, void *into)
{
	struct policy *policy = into;

	value_items(
	    node, read_type, &policy->allow_types, &policy->allow_type_count);
	if (node->type == NODE_LIST && node->count == 0)
		node_wrong(node, "is empty: use (\"*/*\") to allow every type");
}

static bool read_extension(
    const struct node *node, struct span text, struct span *ret_item)
{
	struct span rest = span_from(text, span_starts(text, ".") ? 1 : 0);
	char *lower = arena_get(node_keep(node), rest.len + 1);

	if (rest.len == 0 || span_find(rest, '/') < rest.len ||
	    rest.at[rest.len - 1] == '.')
		return node_wrong(node,
		    "must be the extension of a file name, such as \"exe\"");
	for (size_t i = 0; i < rest.len; i++)
		lower[i] = ascii_lower(rest.at[i]);
	*ret_item = (struct span){ lower, rest.len };
	return true;
}

static void read_extensions(const struct node *node, void *into)
{
	struct policy *policy = into;

	value_items(node, read_extension, &policy->deny_extensions,
	    &policy->deny_extension_count);
}

static const struct setting rows[] = {
	{ "max_size", READ(struct policy, max_size, read_max_size) },
	{ "allow_types", WHOLE(read_types) },
	{ "deny_extensions", WHOLE(read_extensions) },
	{ "slots_per_minute",
	    U32(struct policy, slots_per_minute, 0, SLOTS_MAX) },
	{ "bytes_per_day", READ(struct policy, bytes_per_day, read_day_bytes) },
	{ "domain_bytes_per_day",
	    READ(struct policy, domain_bytes_per_day, read_day_bytes) },
	{ "keep", SECONDS(struct policy, keep, 0, SECTIONS_KEEP_MAX) },
	{ "purposes", ELSEWHERE },
};

const struct settings policy_settings = { SETTINGS(rows) };

static const struct setting purpose_rows[] = {
	{ "max_size", READ(struct policy, max_size, read_max_size) },
	{ "allow_types", WHOLE(read_types) },
	{ "bytes_per_day", READ(struct policy, bytes_per_day, read_day_bytes) },
	{ "keep", SECONDS(struct policy, keep, 0, SECTIONS_KEEP_MAX) },
};

const struct settings policy_purpose_settings = { SETTINGS(purpose_rows) };

void policy_read(const struct node *node, void *into)
{
	settings_read(node, &policy_settings, into);
}

/* A larger file could never be uploaded. */
void policy_cap(const struct node *group, struct policy *policy)
{
	const struct node *node = node_member(group, "max_size");
	const uint64_t limits[] = { policy->bytes_per_day,
		policy->domain_bytes_per_day };
	const char *const names[] = { "bytes_per_day", "domain_bytes_per_day" };
	char wanted[AMOUNT_TEXT], limit[AMOUNT_TEXT];
	const char *name = NULL;

	amount_bytes_write(policy->max_size, wanted);
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		if (!limits[i] || policy->max_size <= limits[i])
			continue;
		policy->max_size = limits[i];
		name = names[i];
	}
	amount_bytes_write(policy->max_size, limit);
	if (node && name)
		node_warn(node, "%s is more than %s (%s): clients are told %s",
		    wanted, name, limit, limit);
}

/* Most S3 stores refuse a PUT above 5 GiB. The node sets the size, or picks
 * the store. */
static void warn_of_put(
    const struct node *node, const struct policy *policy, size_t storage)
{
	char size[AMOUNT_TEXT];

	if (!node || policy->max_size <= S3_PUT_MAX ||
	    !node->reading->conf->storages[storage].s3)
		return;
	amount_bytes_write(policy->max_size, size);
	node_warn(node,
	    "%s is more than 5 GiB, the most that one upload can have at AWS, "
	    "Ceph, R2, B2 and Wasabi; MinIO and Garage take more",
	    size);
}

static void check_puts(const struct node *root)
{
	const struct conf *conf = root->reading->conf;
	const struct node *domains = node_member(root, "domains");
	const struct node *policy = node_member(root, "policy");

	if (!root->reading->has_store)
		return;
	warn_of_put(node_member(policy, "max_size"), &conf->policy, 0);
	for (size_t i = 0; i < conf->domain_count; i++) {
		const struct node *group = node_at(domains, i);
		const struct node *node = node_member(group, "max_size");

		/* If neither is set here, the warning above covers it. */
		if (!node)
			node = node_member(group, "storage");
		warn_of_put(
		    node, &conf->domains[i].policy, conf->domains[i].storage);
	}
}

static bool any_counts(const struct policies *policies)
{
	for (unsigned i = 0; i < PURPOSE_COUNT; i++)
		if (policies->offers[i] && policy_counts(&policies->of[i]))
			return true;
	return false;
}

/* Whether any quota is set. */
static bool counts(const struct conf *conf)
{
	for (size_t i = 0; i < conf->domain_count; i++)
		if (any_counts(&conf->domains[i].policies))
			return true;
	return any_counts(&conf->policies);
}

/* Without quotas the state file would stay empty. */
static void warn_of_file(const struct node *root)
{
	const struct conf_quota *quota = &root->reading->conf->quota;

	if (quota->type == CONF_QUOTA_MEMORY && quota->memory.state_file)
		node_warn(node_member(node_member(root, "quota"), "state_file"),
		    "has no effect: neither policy nor domains have "
		    "slots_per_minute, bytes_per_day or domain_bytes_per_day");
}

/* Callers whose XMPP server grants the slots itself. */
static void warn_of_shares(const struct node *root)
{
	const struct conf *conf = root->reading->conf;
	const struct node *list = node_member(root, "callers");

	for (size_t i = 0; i < conf->caller_count; i++)
		if (dialect_makes_urls(conf->callers[i].dialect))
			node_warn(node_member(node_at(list, i), "dialect"),
			    "users of this caller are not counted: with this "
			    "dialect the XMPP server grants the slots; set "
			    "quotas there");
}

void policy_check_conf(const struct node *root)
{
	struct conf *conf = root->reading->conf;
	const struct node *domains = node_member(root, "domains");

	policy_cap(node_member(root, "policy"), &conf->policy);
	for (size_t i = 0; i < conf->domain_count; i++)
		policy_cap(node_at(domains, i), &conf->domains[i].policy);
	check_puts(root);
	if (counts(conf))
		warn_of_shares(root);
	else
		warn_of_file(root);
}
