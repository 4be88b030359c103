#ifndef CONF_FILE_H
#define CONF_FILE_H

#include "core/buf.h"

/*
 * The door to libconfig: a parsed text and its settings, only to be read.
 * Nodes and their strings live until file_close.
 */
struct file;
struct node;

enum node_type {
	NODE_GROUP,
	NODE_LIST, /* ( ) and [ ] */
	NODE_INTEGER,
	NODE_FLOAT,
	NODE_STRING,
	NODE_BOOLEAN,
};

/* Never NULL. On a syntax error file_wrong says what and in which line. */
struct file *file_open(const char *text);
const char *file_wrong(const struct file *file, unsigned *ret_line);
/* Wipes its strings and frees it. */
void file_close(struct file *file);

const struct node *file_root(const struct file *file);

enum node_type node_type(const struct node *node);
unsigned node_line(const struct node *node); /* 0: the root */
const char *node_name(const struct node *node);
/* "callers[1].secret"; empty for the root. */
void node_path(const struct node *node, struct buf *out);

/* Groups and lists: how many there are inside, and each. */
size_t node_count(const struct node *node);
const struct node *node_at(const struct node *node, size_t number);
/* NULL when a group has none of that name. */
const struct node *node_member(const struct node *group, const char *name);

/* Each for its type alone. */
int64_t node_integer(const struct node *node);
bool node_boolean(const struct node *node);
const char *node_string(const struct node *node);

#endif
