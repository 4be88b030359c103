#ifndef CONF_PARSE_H
#define CONF_PARSE_H

#include "conf/node.h"

/*
 * Parses the text of a reading: gives its root, whose nodes stand in the
 * reading's scratch memory. NULL on a syntax error, with a sentence and the
 * line.
 *
 * libconfig ends the process when it gets no memory. apart: another process
 * parses, so that this one lives on.
 */
const struct node *parse_text(struct reading *reading, bool apart,
    const char **ret_wrong, unsigned *ret_line);

/* That process: this program, started by this name. Gives its exit status. */
#define PARSE_CHILD "slotd-reads"
int parse_child(void);

#endif
