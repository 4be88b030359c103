#include "conf/quota.h"

#include "slot/media_type.h"

#include <string.h>

void policy_max_size(struct reader *reader, const struct node *node, void *into)
{
	struct policy *policy = into;
	uint64_t bytes;

	if (!read_size(reader, node, &bytes))
		return;
	if (bytes == 0)
		node_wrong(reader, node,
		    "must not be 0, which would refuse every file; leave it "
		    "out for 1 GiB");
	else
		policy->max_size = bytes;
}

static bool read_type(struct reader *reader, const struct node *node,
    struct span text, struct span *ret_item)
{
	if (!media_type_pattern_valid(text)) {
		node_wrong(reader, node,
		    "must be a media type such as \"image/png\" or "
		    "\"image/*\"");
		return false;
	}
	*ret_item = memory_copy(reader->keep, text);
	return true;
}

void policy_types(struct reader *reader, const struct node *node, void *into)
{
	struct policy *policy = into;

	read_items(reader, node, read_type, &policy->allow_types,
	    &policy->allow_type_count);
	if (node_type(node) == NODE_LIST && node_count(node) == 0)
		node_wrong(
		    reader, node, "is empty: (\"*/*\") allows every type");
}

static bool read_extension(struct reader *reader, const struct node *node,
    struct span text, struct span *ret_item)
{
	struct span rest = span_from(text, span_starts(text, ".") ? 1 : 0);
	char *lower = memory_get(reader->keep, rest.len + 1);

	if (rest.len == 0 || span_find(rest, '/') < rest.len ||
	    rest.at[rest.len - 1] == '.') {
		node_wrong(reader, node,
		    "must be the ending of a file name, such as \"exe\"");
		return false;
	}
	for (size_t i = 0; i < rest.len; i++)
		lower[i] = ascii_lower(rest.at[i]);
	*ret_item = (struct span){ lower, rest.len };
	return true;
}

void policy_extensions(
    struct reader *reader, const struct node *node, void *into)
{
	struct policy *policy = into;

	read_items(reader, node, read_extension, &policy->deny_extensions,
	    &policy->deny_extension_count);
}

static const struct setting rows[] = {
	CUSTOM("max_size", policy_max_size),
	CUSTOM("allow_types", policy_types),
	CUSTOM("deny_extensions", policy_extensions),
	CUSTOM("slots_per_minute", policy_slots),
	CUSTOM("bytes_per_day", policy_bytes),
	CUSTOM("domain_bytes_per_day", policy_domain_bytes),
};

void read_policy(struct reader *reader, const struct node *node, void *into)
{
	const struct settings settings = { .rows = rows,
		.count = sizeof rows / sizeof *rows };

	(void)into;
	settings_read(reader, node, &settings, &reader->conf->policy);
}
