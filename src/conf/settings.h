#ifndef CONF_SETTINGS_H
#define CONF_SETTINGS_H

#include <stddef.h>

#include "conf/value.h"

/* Reads a setting into what its row names. */
typedef void setting_reader(const struct node *node, void *into);

enum setting_kind {
	SETTING_ELSEWHERE, /* known, and read by other code */
	SETTING_U32,       /* into a uint32_t */
	SETTING_SECONDS,   /* likewise, a duration */
	SETTING_WORD,   /* into an enum, whose values are the words' numbers */
	SETTING_TEXT,   /* into a struct span */
	SETTING_STRING, /* into a const char * */
	SETTING_READ,   /* by a reader */
	SETTING_GONE,   /* it was once known; words say what is now */
};

/* One row of the tables that say which settings there are. */
struct setting {
	const char *name;
	enum setting_kind kind;
	size_t offset; /* in the struct that is filled */
	uint32_t min;
	uint32_t max;
	const char *words; /* "a|b" */
	value_rule *rule;  /* of a text; NULL: any */
	setting_reader *read;
};

#define ELSEWHERE .kind = SETTING_ELSEWHERE
#define U32(type, member, least, most)                                         \
	.kind = SETTING_U32, .offset = offsetof(type, member), .min = (least), \
	.max = (most)
#define SECONDS(type, member, least, most)                                     \
	.kind = SETTING_SECONDS, .offset = offsetof(type, member),             \
	.min = (least), .max = (most)
#define WORD(type, member, list)                                               \
	.kind = SETTING_WORD, .offset = offsetof(type, member), .words = (list)
#define TEXT(type, member, by)                                                 \
	.kind = SETTING_TEXT, .offset = offsetof(type, member), .rule = (by)
#define STRING(type, member, by)                                               \
	.kind = SETTING_STRING, .offset = offsetof(type, member), .rule = (by)
#define READ(type, member, by)                                                 \
	.kind = SETTING_READ, .offset = offsetof(type, member), .read = (by)

#define GONE(sentence) .kind = SETTING_GONE, .words = (sentence)

/* By a reader that gets the whole struct. */
#define WHOLE(by) .kind = SETTING_READ, .read = (by)

/* Readers that any table may use, as value_boolean: into a uint16_t, a struct
 * uri_base and a const char *. */
setting_reader settings_port, settings_url, settings_unix_path;

/* A table, and maybe more tables of the same group. */
struct settings {
	const struct setting *rows;
	size_t count;
	const char *type; /* of the group, to which the rows belong; NULL: to
	                   * all types */
	void *into;       /* what they fill; NULL: what the group fills */
	const struct settings *more; /* NULL: there are none */
};

#define SETTINGS(table)                                                        \
	.rows = (table), .count = sizeof(table) / sizeof *(table)

/* Reads the members of a group (a node of another kind is a fault) by their
 * rows. */
void settings_read(
    const struct node *group, const struct settings *settings, void *into);
/* The same of a group that has types: "storage" of type "s3". NULL: the type
 * is not known, and the settings of all are read. */
void settings_read_typed(const struct node *group,
    const struct settings *settings, const char *what, const char *type,
    void *into);

#endif
