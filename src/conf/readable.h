#ifndef CONF_READABLE_H
#define CONF_READABLE_H

#include <sys/types.h>

#include "core/buf.h"

/* Whose a file is. */
struct owner {
	uid_t uid;
	gid_t gid;
};

/*
 * Appends the commands that take a secret file from everybody, and leave it
 * to who has to read it: the user who asks, or where root asks the user that
 * its owner or its group are made for already, else slotd's own group.
 * in_group tells whether the file's group is one of the user's.
 */
void readable_advice(struct buf *out, const char *path, struct owner file,
    struct owner user, bool in_group);

/* The same for who runs this process. */
void readable_advice_here(struct buf *out, const char *path, struct owner file);

#endif
