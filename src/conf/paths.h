#ifndef CONF_PATHS_H
#define CONF_PATHS_H

#include "conf/node.h"

/*
 * Files that the configuration names. None may be in the folder of the embedded
 * store's uploads: everybody could download such a file, and it would be
 * removed when it is as old as uploads may be.
 */

/* Remembers the path that a setting has, for paths_check and paths_keep. It is
 * a file to be read, unless paths_use says otherwise afterwards. */
void paths_add(const struct node *node, const char *path);
void paths_use(const struct node *node, enum conf_use use);

/* When everything has been read: adds a fault for each path below the folder
 * of uploads, also by symbolic links and dots, and for the configuration's own
 * files. */
void paths_check(struct reading *reading);

/* Puts all of them, and the configuration's own files, into conf->paths. */
void paths_keep(struct reading *reading);

/* Warns when the user of this process cannot write to a folder. No fault:
 * `serve` may run as another user. */
void paths_warn_not_writable(const struct node *node, const char *folder);

/* The folder of a file. */
const char *paths_folder(struct arena *arena, const char *path);

#endif
