#ifndef CONF_READABLE_H
#define CONF_READABLE_H

#include <sys/types.h>

#include "core/buf.h"

/* The owner of a file. */
struct owner {
	uid_t uid;
	gid_t gid;
};

/*
 * Appends the commands after which a secret file is readable only to those
 * who need it: to the user who runs this; if that is root, to the file's owner
 * or group where one of them is not root, else to the group slotd. in_group:
 * whether the user is in the file's group.
 */
void readable_advice(struct buf *out, const char *path, struct owner file,
    struct owner user, bool in_group);

/* The same for the user of this process. */
void readable_advice_here(struct buf *out, const char *path, struct owner file);

#endif
