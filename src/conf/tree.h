#ifndef CONF_TREE_H
#define CONF_TREE_H

#include "conf/file.h"

/*
 * A parsed text in one piece, without pointers: a child process can hand it
 * to its parent. A node's entries stand beside each other.
 */
struct node {
	uint32_t number; /* in nodes */
	uint32_t parent;
	uint32_t index; /* among the parent's */
	uint32_t first; /* of its entries */
	uint32_t count;
	uint32_t line;
	uint32_t name; /* in text; TREE_NONE */
	enum node_type type;
	union {
		int64_t integer; /* boolean, too */
		uint32_t text;   /* where a string stands */
		const char *string;
	};
};

#define TREE_NONE UINT32_MAX

struct tree {
	size_t size;    /* of all of it */
	uint32_t count; /* of nodes: the root is the first; 0: a fault */
	uint32_t wrong; /* a fault's text; TREE_NONE */
	uint32_t line;  /* of the fault */
	uint32_t text;  /* where the text begins, in bytes from here */
	struct node nodes[];
};

/*
 * libconfig's one door. To be freed with free(). NULL when there is no memory
 * -- unless libconfig itself meets that: then it ends the process, by exit or
 * by a signal.
 */
struct tree *tree_read(const char *text);

/* What stands at this place of the tree's text. */
const char *tree_text(const struct tree *tree, uint32_t at);

#endif
