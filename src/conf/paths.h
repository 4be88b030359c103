#ifndef CONF_PATHS_H
#define CONF_PATHS_H

#include "conf/node.h"

/*
 * Files that the configuration names. None may lie where the embedded store
 * keeps uploads: there they would be served to everybody, and removed when
 * their time is over.
 */

/* Remembers a path, which a setting has, for paths_check. */
void paths_add(const struct node *node, const char *path);

/* When all has been read: refuses those below the uploads' folder, by
 * whatever links and dots they lead there, and the configuration's own. */
void paths_check(struct reading *reading);

/* Warns when who runs this cannot write to a folder: who serves may be
 * another. */
void paths_warn_not_writable(const struct node *node, const char *folder);

/* The folder that a file is in. */
const char *paths_folder(struct arena *arena, const char *path);

#endif
