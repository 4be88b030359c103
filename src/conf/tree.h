#ifndef CONF_TREE_H
#define CONF_TREE_H

#include "conf/node.h"

/*
 * A parsed text in one piece without pointers, so that a child process can
 * give it to its parent. Nodes have no reading; the names (name_at) and
 * strings (integer) are offsets into the text of the tree.
 */
struct tree {
	size_t size;    /* of all of it */
	uint32_t count; /* of nodes; 0: a syntax error */
	uint32_t wrong; /* the sentence of that, in the text */
	uint32_t line;  /* of that */
	uint32_t text;  /* where the text begins, in bytes from here */
	struct node nodes[];
};

/*
 * The only code that calls libconfig. Free the tree with free(). NULL: there
 * is no memory. When libconfig itself gets no memory, it ends the process by
 * exit or by a signal.
 */
struct tree *tree_read(const char *text);

/* The string at an offset of the text; at 0: "". */
const char *tree_text(const struct tree *tree, size_t at);

#endif
