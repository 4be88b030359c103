#include "conf/reader.h"

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

		if (found >= limit || row->kind == SETTING_LATER)
			continue;
		limit = found;
		best = row->name;
	}
	return best;
}

static void unknown(struct reader *reader, const struct node *node,
    const struct settings *settings)
{
	const char *best = nearest(settings, node_name(node));

	if (best)
		node_wrong(reader, node, "unknown setting; is %s meant?", best);
	else
		node_wrong(reader, node, "unknown setting");
}

static void *place(void *into, const struct setting *row)
{
	return (char *)into + row->offset;
}

static void read_one(struct reader *reader, const struct node *node,
    const struct setting *row, void *into)
{
	int64_t value;

	switch (row->kind) {
	case SETTING_LATER:
		node_wrong(reader, node, "not supported yet");
		break;
	case SETTING_U32:
		if (read_integer(reader, node, row->min, row->max, &value))
			*(uint32_t *)place(into, row) = (uint32_t)value;
		break;
	case SETTING_BOOL:
		read_boolean(reader, node, place(into, row));
		break;
	case SETTING_AFTER:
		break;
	case SETTING_CUSTOM:
		row->read(reader, node, place(into, row));
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

void settings_read(struct reader *reader, const struct node *group,
    const struct settings *settings, void *into)
{
	if (!read_group(reader, group))
		return;
	for (size_t i = 0; i < node_count(group); i++) {
		const struct node *node = node_at(group, i);
		const struct setting *row = find(settings, node_name(node));

		if (!row)
			unknown(reader, node, settings);
		else if (row->only && settings->variant &&
			 strcmp(row->only, settings->variant) != 0)
			node_wrong(reader, node,
			    "belongs to %s \"%s\", and this is \"%s\"",
			    settings->kind, row->only, settings->variant);
		else
			read_one(reader, node, row, into);
	}
}
