#ifndef CONF_FILE_H
#define CONF_FILE_H

#include "conf/memory.h"
#include "core/buf.h"

/*
 * A parsed text and its settings, only to be read.
 *
 * libconfig keeps what it has read in memory that it gives back as it is, so
 * it never sees a string: where one stood the text has its number and a
 * semicolon, "12;". Lines are as they were.
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

struct file_text {
	const char *at;             /* ends with a NUL */
	const struct span *strings; /* by their number, without escapes */
};

/*
 * In memory, and never NULL. On a syntax error file_wrong says what and in
 * which line. libconfig ends the process when it gets no memory; apart: a
 * process of its own reads, for one that is to live on.
 */
struct file *file_open(
    struct memory *memory, const struct file_text *text, bool apart);
/* That process: this program, by this name. Gives its exit status. */
#define FILE_CHILD "slotd-reads"
int file_child(void);
const char *file_wrong(const struct file *file, unsigned *ret_line);

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
