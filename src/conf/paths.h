#ifndef CONF_PATHS_H
#define CONF_PATHS_H

#include "conf/reader.h"

/*
 * Files that the configuration names. None may lie where the embedded store
 * keeps uploads: there they would be served to everybody, and removed when
 * their time is over.
 */

/* Remembers a path for paths_check. The node is what a fault is told of. */
void paths_add(
    struct reader *reader, const struct node *node, const char *path);

/* When all has been read: refuses those below the uploads' folder, by
 * whatever links and dots they lead there, and the configuration's own. */
void paths_check(struct reader *reader);

#endif
