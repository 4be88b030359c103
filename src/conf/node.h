#ifndef CONF_NODE_H
#define CONF_NODE_H

#include "conf/reading.h"

enum node_type {
	NODE_GROUP,
	NODE_LIST, /* ( ) and [ ] */
	NODE_INTEGER,
	NODE_FLOAT,
	NODE_STRING,
	NODE_BOOLEAN,
};

/*
 * A setting, a group of settings, or an entry of a list; read-only. All nodes
 * of a configuration are in one array, where the entries of a node are
 * adjacent.
 */
struct node {
	struct reading *reading;
	union {
		const char *name; /* "": an entry of a list, or the root */
		size_t name_at;   /* see struct tree */
	};
	enum node_type type;
	unsigned line;   /* 0: the root */
	uint32_t number; /* in the array; 0: the root */
	uint32_t parent;
	uint32_t index; /* among the parent's */
	uint32_t first; /* of its entries */
	uint32_t count; /* of its entries */
	union {
		int64_t integer; /* boolean, too */
		const char *string;
	};
};

/* An entry of a group or list. */
const struct node *node_at(const struct node *node, size_t number);
/* NULL when a group has none of that name; a group that is NULL has none. */
const struct node *node_member(const struct node *group, const char *name);
/* The one member of a group that has one of these names ("a|b"). Others of
 * them beside the first are faults. NULL: there is none. */
const struct node *node_only(const struct node *group, const char *names);
/* "callers[1].secret"; empty for the root. */
const char *node_path(const struct node *node);

/* Adds a fault of a setting. Gives false, which readers return. */
bool node_wrong(const struct node *node, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Adds a warning. */
void node_warn(const struct node *node, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Adds a fault of what a group lacks, at the group's line. */
void node_missing(const struct node *group, const char *name, const char *why);
/* Whether a setting is there and has a fault. */
bool node_is_wrong(const struct node *node);

/* Memory of the configuration, and of the reading alone. */
struct arena *node_keep(const struct node *node);
struct arena *node_scratch(const struct node *node);

#endif
