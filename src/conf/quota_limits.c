#include "conf/quota.h"

#include "slot/share.h"

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
	uint64_t before = policy->max_size;

	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		if (limits[i] && policy->max_size > limits[i])
			policy->max_size = limits[i];
	if (node && policy->max_size < before)
		node_warn(reader, node,
		    "is more than may be uploaded in a day, which holds");
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
		if (share_dialect(conf->callers[i].dialect))
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
	if (counts(conf))
		warn_of_shares(reader, root);
	else
		warn_of_file(reader, root);
}
