#include "conf/sections.h"

#include <string.h>

#define NAME_MAX_LEN 32
#define YEAR 31536000 /* seconds */
/* A smaller number of seconds may have been meant as days. */
#define DAYS_MAX 1000

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How many letters must be inserted, removed or changed. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[NAME_MAX_LEN + 1];
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > NAME_MAX_LEN || b_len > NAME_MAX_LEN)
		return NAME_MAX_LEN;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned change =
			    diagonal + (a[i - 1] != b[j - 1] ? 1 : 0);

			diagonal = row[j];
			row[j] = least(change, 1 + least(row[j], row[j - 1]));
		}
	}
	return row[b_len];
}

/* The most similar name, which differs by less than limit letters. */
static const char *nearest(
    const struct settings *settings, const char *name, unsigned limit)
{
	const char *best = NULL;

	for (; settings; settings = settings->more) {
		for (size_t i = 0; i < settings->count; i++) {
			unsigned found = distance(settings->rows[i].name, name);

			if (found >= limit)
				continue;
			limit = found;
			best = settings->rows[i].name;
		}
	}
	return best;
}

/* Whether it is one of policy's, which mod_s3_upload had beside the store's. */
static bool is_policy(const char *name)
{
	for (size_t i = 0; i < policy_settings.count; i++)
		if (strcmp(policy_settings.rows[i].name, name) == 0)
			return true;
	return false;
}

static void unknown(const struct node *node, const struct settings *settings)
{
	const char *best =
	    nearest(settings, node->name, strlen(node->name) > 5 ? 3 : 2);

	if (best)
		node_wrong(node, "unknown setting; did you mean %s?", best);
	else if (is_policy(node->name))
		node_wrong(node, "unknown setting here: it belongs to policy");
	else
		node_wrong(node, "unknown setting");
}

/* What may be years is thought of in days, and files that end too early are
 * lost. */
static void warn_of_days(const struct node *node, uint32_t seconds)
{
	if (node->type == NODE_INTEGER && seconds && seconds < DAYS_MAX)
		node_warn(node,
		    "%u without a unit is seconds; for days, write \"%u "
		    "days\"",
		    (unsigned)seconds, (unsigned)seconds);
}

static void read_one(
    const struct node *node, const struct setting *row, void *into)
{
	void *place = (char *)into + row->offset;
	struct span text;
	int64_t value;

	switch (row->kind) {
	case SETTING_ELSEWHERE:
		break;
	case SETTING_U32:
		if (value_integer(node, row->min, row->max, &value))
			*(uint32_t *)place = (uint32_t)value;
		break;
	case SETTING_SECONDS:
		if (value_seconds(node, row->min, row->max, place) &&
		    row->max > YEAR)
			warn_of_days(node, *(uint32_t *)place);
		break;
	case SETTING_WORD:
		/* An enum without negative values is an unsigned. */
		value_word(node, row->words, place);
		break;
	case SETTING_TEXT:
		value_checked(node, row->rule, place);
		break;
	case SETTING_STRING:
		if (value_checked(node, row->rule, &text))
			*(const char **)place = text.at;
		break;
	case SETTING_READ:
		row->read(node, place);
		break;
	case SETTING_GONE:
		node_wrong(node, "unknown setting: %s", row->words);
		break;
	}
}

/* The row of a setting, and its table; NULL: there is none. */
static const struct setting *find(
    const struct settings **settings, const char *name)
{
	for (; *settings; *settings = (*settings)->more)
		for (size_t i = 0; i < (*settings)->count; i++)
			if (strcmp((*settings)->rows[i].name, name) == 0)
				return &(*settings)->rows[i];
	return NULL;
}

void settings_read(
    const struct node *group, const struct settings *settings, void *into)
{
	settings_read_typed(group, settings, NULL, NULL, into);
}

void settings_read_typed(const struct node *group,
    const struct settings *settings, const char *what, const char *type,
    void *into)
{
	if (!value_group(group))
		return;
	for (size_t i = 0; i < group->count; i++) {
		const struct node *node = node_at(group, i);
		const struct settings *table = settings;
		const struct setting *row = find(&table, node->name);

		if (!row)
			unknown(node, settings);
		else if (type && table->type && strcmp(type, table->type) != 0)
			node_wrong(node,
			    "belongs to %s type \"%s\", but this one is \"%s\"",
			    what, table->type, type);
		else
			read_one(node, row, table->into ? table->into : into);
	}
}

void settings_port(const struct node *node, void *into)
{
	int64_t port;

	if (value_integer(node, 1, 65535, &port))
		*(uint16_t *)into = (uint16_t)port;
}

void settings_url(const struct node *node, void *into)
{
	struct span url;

	value_url(node, &url, into);
}

void settings_unix_path(const struct node *node, void *into)
{
	value_unix_path(node, into);
}
