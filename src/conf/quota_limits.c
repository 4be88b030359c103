#include "conf/quota.h"

#include "conf/sizes.h"
#include "slot/dialect.h"

#define S3_PUT_MAX (UINT64_C(5) << 30)

/* Limits, in policy and domains, and what they ask of the counter. */

void policy_slots(struct reader *reader, const struct node *node, void *into)
{
	struct policy *policy = into;
	int64_t slots;

	if (read_integer(reader, node, 0, CONF_SLOTS_MAX, &slots))
		policy->slots_per_minute = (uint32_t)slots;
}

static void read_bytes(
    struct reader *reader, const struct node *node, uint64_t *into)
{
	uint64_t bytes;

	if (!read_size(reader, node, &bytes))
		return;
	if (bytes > CONF_DAY_BYTES_MAX)
		node_wrong(
		    reader, node, "must be less than 256 TiB; 0 is none");
	else
		*into = bytes;
}

void policy_bytes(struct reader *reader, const struct node *node, void *into)
{
	read_bytes(reader, node, &((struct policy *)into)->bytes_per_day);
}

void policy_domain_bytes(
    struct reader *reader, const struct node *node, void *into)
{
	read_bytes(
	    reader, node, &((struct policy *)into)->domain_bytes_per_day);
}

/* The largest file that a limit lets through at all is the largest. */
static void cap(
    struct reader *reader, const struct node *group, struct policy *policy)
{
	const struct node *node = group ? node_member(group, "max_size") : NULL;
	const uint64_t limits[] = { policy->bytes_per_day,
		policy->domain_bytes_per_day };
	const char *const names[] = { "bytes_per_day", "domain_bytes_per_day" };
	char wanted[SIZE_TEXT], limit[SIZE_TEXT];
	const char *name = NULL;

	size_write(policy->max_size, wanted);
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		if (!limits[i] || policy->max_size <= limits[i])
			continue;
		policy->max_size = limits[i];
		name = names[i];
	}
	size_write(policy->max_size, limit);
	if (node && name)
		node_warn(reader, node,
		    "%s is more than %s (%s): clients are told %s", wanted,
		    name, limit, limit);
}

/* What goes to a store in one PUT ends there at most of them. `node` is what
 * sets the size, or picks the store. */
static void warn_of_put(struct reader *reader, const struct node *node,
    const struct policy *policy, size_t storage)
{
	const struct conf *conf = reader->conf;
	char size[SIZE_TEXT];

	if (!node || policy->max_size <= S3_PUT_MAX ||
	    storage >= conf->storage_count ||
	    conf->storages[storage].type != CONF_STORE_S3)
		return;
	size_write(policy->max_size, size);
	node_warn(reader, node,
	    "%s is more than one upload can bring to AWS, Ceph, R2, B2 and "
	    "Wasabi, 5 GiB; MinIO and Garage take more",
	    size);
}

static void check_puts(struct reader *reader, const struct node *root)
{
	const struct conf *conf = reader->conf;
	const struct node *domains = node_member(root, "domains");
	const struct node *policy = node_member(root, "policy");

	if (!reader->has_store)
		return;
	if (policy)
		warn_of_put(
		    reader, node_member(policy, "max_size"), &conf->policy, 0);
	for (size_t i = 0; i < conf->domain_count; i++) {
		const struct node *group = node_at(domains, i);
		const struct node *node = node_member(group, "max_size");

		/* With the default store and the common size it was said. */
		if (!node)
			node = node_member(group, "storage");
		warn_of_put(reader, node, &conf->domains[i].policy,
		    conf->domains[i].storage);
	}
}

/* Whether anybody has a limit. */
static bool counts(const struct conf *conf)
{
	for (size_t i = 0; i < conf->domain_count; i++)
		if (policy_counts(&conf->domains[i].policy))
			return true;
	return policy_counts(&conf->policy);
}

/* A file that would stay empty. */
static void warn_of_file(struct reader *reader, const struct node *root)
{
	const struct conf_quota *quota = &reader->conf->quota;

	if (quota->type == CONF_QUOTA_MEMORY && quota->memory.state_file)
		node_warn(reader,
		    node_member(node_member(root, "quota"), "state_file"),
		    "there is nothing to keep: neither policy nor domains "
		    "have slots_per_minute, bytes_per_day or "
		    "domain_bytes_per_day");
}

/* Callers whose slots slotd never sees. */
static void warn_of_shares(struct reader *reader, const struct node *root)
{
	const struct conf *conf = reader->conf;
	const struct node *list = node_member(root, "callers");

	for (size_t i = 0; i < conf->caller_count; i++)
		if (dialect_makes_urls(conf->callers[i].dialect))
			node_warn(reader,
			    node_member(node_at(list, i), "dialect"),
			    "its users are not counted: with this dialect the "
			    "XMPP server grants the slots, so quotas are "
			    "its to set");
}

void check_quotas(struct reader *reader, const struct node *root)
{
	struct conf *conf = reader->conf;
	const struct node *domains = node_member(root, "domains");

	cap(reader, node_member(root, "policy"), &conf->policy);
	for (size_t i = 0; i < conf->domain_count; i++)
		cap(reader, node_at(domains, i), &conf->domains[i].policy);
	check_puts(reader, root);
	if (counts(conf))
		warn_of_shares(reader, root);
	else
		warn_of_file(reader, root);
}
