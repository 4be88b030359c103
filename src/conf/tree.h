#ifndef CONF_TREE_H
#define CONF_TREE_H

#include "conf/node.h"

/*
 * A parsed text in one piece, without pointers, so that a child process can
 * hand it to its parent: nodes have their names as name_at, strings as
 * integer, both places in the tree's text, and no reading.
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
 * libconfig's one door. To be freed with free(). NULL: there is no memory,
 * unless libconfig itself finds that: then it ends the process, by exit or by
 * a signal.
 */
struct tree *tree_read(const char *text);

/* What stands at this place of the tree's text; at 0: "". */
const char *tree_text(const struct tree *tree, size_t at);

#endif
