#ifndef CONF_PARSE_H
#define CONF_PARSE_H

#include "conf/node.h"

#include <sys/types.h>

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

/*
 * Starts that process, which ends with this one. To be called before any other
 * thread is started, any secret is read, and a fence is drawn. Gives its id; -1
 * if it could not be started: parse_text reads in this process then. SIGPIPE
 * must be ignored.
 */
pid_t parse_start(void);

#endif
