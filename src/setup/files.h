#ifndef SETUP_FILES_H
#define SETUP_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#define FILES_MAX 4

/*
 * New files in one folder: all of them are there at the end, or none. The
 * folder is made if it is missing; its parent must exist. When root makes files
 * and the system has a user slotd, that user's group may read them; otherwise
 * they are for their owner alone.
 */
struct files {
	char folder[PATH_MAX]; /* its whole path; no character in it has to be
	                        * quoted for a shell or a configuration */
	int fd;                /* of the folder */
	bool made;             /* the folder is new */
	bool has_group;
	gid_t group;
	const char *names[FILES_MAX]; /* what was added */
	size_t count;
};

/* Opens the folder, or makes it. False with a sentence about it, and nothing
 * has to be closed. */
bool files_open(
    struct files *files, const char *folder, const char **ret_wrong);

/* Whether something of this name is in the folder, a dangling link as well. */
bool files_has(const struct files *files, const char *name);

/* Writes a new file; the name must live as long as files. False with errno:
 * nothing of this name was changed. */
bool files_add(struct files *files, const char *name, const char *text);

/* Keeps what was added. */
void files_keep(struct files *files);
/* Removes what was added, and the folder if it is new. */
void files_undo(struct files *files);

#endif
