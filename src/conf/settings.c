#include "conf/settings.h"

#include <string.h>

#define NAME_MAX_LEN 32

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How many letters must be put in, taken out or changed. */
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

static const char *nearest(const struct settings *settings, const char *name)
{
	const char *best = NULL;
	unsigned limit = strlen(name) > 5 ? 3 : 2;

	for (size_t i = 0; i < settings->count; i++) {
		const struct setting *row = &settings->rows[i];
		unsigned found = distance(row->name, name);

		if (found >= limit)
			continue;
		limit = found;
		best = row->name;
	}
	return best;
}

static void unknown(const struct node *node, const struct settings *settings)
{
	const char *best = nearest(settings, node->name);

	if (best)
		node_wrong(node, "unknown setting; is %s meant?", best);
	else
		node_wrong(node, "unknown setting");
}

static void read_one(
    const struct node *node, const struct setting *row, void *into)
{
	void *place = (char *)into + row->offset;
	int64_t value;

	switch (row->kind) {
	case SETTING_ELSEWHERE:
		break;
	case SETTING_U32:
		if (value_integer(node, row->min, row->max, &value))
			*(uint32_t *)place = (uint32_t)value;
		break;
	case SETTING_WORD:
		/* Without negative values an enum is an unsigned. */
		value_word(node, row->words, place);
		break;
	case SETTING_READ:
		row->read(node, place);
		break;
	}
}

static const struct setting *find(
    const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->count; i++)
		if (strcmp(settings->rows[i].name, name) == 0)
			return &settings->rows[i];
	return NULL;
}

void settings_read(
    const struct node *group, const struct settings *settings, void *into)
{
	if (!value_group(group))
		return;
	for (size_t i = 0; i < group->count; i++) {
		const struct node *node = node_at(group, i);
		const struct setting *row = find(settings, node->name);

		if (!row)
			unknown(node, settings);
		else if (row->only && settings->variant &&
			 strcmp(row->only, settings->variant) != 0)
			node_wrong(node,
			    "belongs to %s \"%s\", and this is \"%s\"",
			    settings->kind, row->only, settings->variant);
		else
			read_one(node, row, into);
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

void settings_text(const struct node *node, void *into)
{
	struct span text;

	if (value_text(node, &text))
		*(struct span *)into = arena_copy(node_keep(node), text);
}

void settings_id(const struct node *node, void *into)
{
	value_id(node, into);
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
