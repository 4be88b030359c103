#ifndef CONF_SETTINGS_H
#define CONF_SETTINGS_H

#include <stddef.h>

#include "conf/value.h"

/* Reads a setting into what its row names. */
typedef void setting_reader(const struct node *node, void *into);

enum setting_kind {
	SETTING_ELSEWHERE, /* known here, read by other code */
	SETTING_U32,       /* into a uint32_t */
	SETTING_WORD, /* into an enum, whose values are the words' numbers */
	SETTING_READ, /* by a reader */
};

/* One row of the tables that say which settings there are. */
struct setting {
	const char *name;
	enum setting_kind kind;
	size_t offset; /* in the struct that is filled */
	uint32_t min;
	uint32_t max;
	const char *words; /* "a|b" */
	setting_reader *read;
	const char *only; /* in this variant of the group; NULL: in all */
};

#define ELSEWHERE .kind = SETTING_ELSEWHERE
#define U32(type, member, least, most)                                         \
	.kind = SETTING_U32, .offset = offsetof(type, member), .min = least,   \
	.max = most
#define WORD(type, member, list)                                               \
	.kind = SETTING_WORD, .offset = offsetof(type, member), .words = list
#define READ(type, member, by)                                                 \
	.kind = SETTING_READ, .offset = offsetof(type, member), .read = by

/* By a reader that gets the whole struct. */
#define WHOLE(by) .kind = SETTING_READ, .read = by

/* Readers that any table may use, into a bool, a uint16_t, a struct span, a
 * struct span, a struct uri_base and a const char *. */
setting_reader settings_boolean, settings_port, settings_text, settings_id,
    settings_url, settings_unix_path;

/* A table. */
struct settings {
	const struct setting *rows;
	size_t count;
	const char *kind;    /* of thing that has variants: "storage type" */
	const char *variant; /* NULL: not known, all settings are taken */
};

#define SETTINGS(table) .rows = table, .count = sizeof table / sizeof *table

/* Reads the members of a group (another type is a fault) by their rows. */
void settings_read(
    const struct node *group, const struct settings *settings, void *into);

#endif
