#include "conf/settings.h"

#include <string.h>

#define NAME_MAX_LEN 32

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

/* The most similar name, which differs by less than *limit letters. */
static void find_nearest(const struct settings *settings, const char *name,
    unsigned *limit, const char **best)
{
	for (size_t i = 0; i < settings->count; i++) {
		unsigned found = distance(settings->rows[i].name, name);

		if (found >= *limit)
			continue;
		*limit = found;
		*best = settings->rows[i].name;
	}
	for (const struct settings_part *part = settings->parts;
	     part && part->settings; part++)
		find_nearest(part->settings, name, limit, best);
}

static void unknown(const struct node *node, const struct settings *settings)
{
	unsigned limit = strlen(node->name) > 5 ? 3 : 2;
	const char *best = NULL;

	find_nearest(settings, node->name, &limit, &best);
	if (best)
		node_wrong(node, "unknown setting; did you mean %s?", best);
	else
		node_wrong(node, "unknown setting");
}

static void read_one(
    const struct node *node, const struct setting *row, void *place)
{
	int64_t value;

	switch (row->kind) {
	case SETTING_ELSEWHERE:
		break;
	case SETTING_U32:
		if (value_integer(node, row->min, row->max, &value))
			*(uint32_t *)place = (uint32_t)value;
		break;
	case SETTING_WORD:
		/* An enum without negative values is an unsigned. */
		value_word(node, row->words, place);
		break;
	case SETTING_TEXT:
		value_checked(node, row->rule, place);
		break;
	case SETTING_READ:
		row->read(node, place);
		break;
	}
}

/* Where a setting belongs. */
struct found {
	const struct setting *row;
	const char *type;
	void *place;
};

static bool find(const struct settings *settings, const char *name, void *into,
    struct found *ret_found)
{
	for (size_t i = 0; i < settings->count; i++) {
		const struct setting *row = &settings->rows[i];

		if (strcmp(row->name, name) != 0)
			continue;
		*ret_found = (struct found){ row, settings->type,
			(char *)into + row->offset };
		return true;
	}
	for (const struct settings_part *part = settings->parts;
	     part && part->settings; part++)
		if (find(part->settings, name, part->into, ret_found))
			return true;
	return false;
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
		struct found found;

		if (!find(settings, node->name, into, &found))
			unknown(node, settings);
		else if (type && found.type && strcmp(type, found.type) != 0)
			node_wrong(node,
			    "belongs to %s type \"%s\", but this one is \"%s\"",
			    what, found.type, type);
		else
			read_one(node, found.row, found.place);
	}
}

void settings_boolean(const struct node *node, void *into)
{
	value_boolean(node, into);
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
