#ifndef FENCE_FENCE_H
#define FENCE_FENCE_H

#include <stdbool.h>

/*
 * A fence around a process: what it may ask of the system from then on, whoever
 * has taken it over. It can only be drawn, never taken down. Two parts, which
 * are independent of each other:
 *
 * - files, by Landlock (Linux 5.19): only those on a list can be opened, made
 *   or removed. It holds for the calling thread and all that it starts later,
 *   so it has to be drawn before the first of them;
 * - calls, by seccomp: only system calls of a table, for all threads. What a
 *   process of slotd never does, and an intruder would (execve, ptrace, mount
 *   and the like), ends it with SIGSYS; all else fails.
 *
 * In a program that is built with a sanitizer, which needs more of the system,
 * or with FENCE_NONE=1, drawing does nothing and says that all is well.
 */

/* --- files ----------------------------------------------------------------*/

enum fence_right {
	FENCE_READ, /* read files, list folders */
	FENCE_FILL, /* and write, make, link and remove them */
	FENCE_BIND, /* make and remove the files of unix sockets */
};

/* A list that is still empty; -1 with errno: this system cannot do it. */
int fence_files(void);
/* Adds a file, or a folder with all below it, by symbolic links, too. What does
 * not exist, or cannot be reached, is left out. */
void fence_allow(int list, const char *path, enum fence_right right);
/* Adds the folder that a file is in, and the one that it is in when symbolic
 * links are followed, since another file may come to take its place. Where the
 * folder is the root, it is the file alone. For FENCE_READ, where the folder is
 * not there yet, it is the nearest above it. */
void fence_allow_folder(int list, const char *path, enum fence_right right);
/* Adds for reading what libraries may open later: /etc, /usr, certificates, the
 * folders of the libraries themselves, and the process' own part of /proc. */
void fence_allow_system(int list);
/* Draws the fence, and closes the list. Gives 0 or an errno. */
int fence_draw_files(int list);

/* What went wrong when a path was opened: strerror, or that this process has
 * fenced itself off from it. */
const char *fence_error(int error, const char *path);

/* --- calls ----------------------------------------------------------------*/

enum fence_role {
	FENCE_SERVICE, /* starts no other process, and no socket that listens */
	FENCE_COMMAND, /* and gives files to another user */
	FENCE_READER,  /* opens no file and no socket, but may fork */
};

/* Gives 0 or an errno. */
int fence_draw_calls(enum fence_role role);

#endif
