#ifndef CONF_FAULT_H
#define CONF_FAULT_H

#include <stdio.h>
#include <sys/types.h>

#include "conf/arena.h"
#include "conf/readable.h"

/* Further faults are dropped: nobody reads as many. */
#define FAULTS_MAX 1000

/* A file with a part of the configuration. */
struct origin {
	const char *name; /* for people */
	mode_t mode;
	struct owner owner;
	bool warned; /* of its mode */
};

struct place {
	struct origin *origin;
	unsigned line;
};

/* A fault or a warning. */
struct fault {
	struct fault *next;
	unsigned line; /* of the text with its includes in place, from 1 */
	unsigned number;
	bool warning;
	const char *path; /* "callers[1].secret"; "": none */
	const char *text;
};

/* All faults and warnings, and where each line of the text comes from. */
struct faults {
	struct arena *arena;
	struct fault *first;
	unsigned fault_count;
	unsigned warning_count;
	struct place *places; /* of line 1, 2, … */
	size_t place_count;
	size_t place_size;
};

/* The next line of the text comes from here. */
void faults_add_place(
    struct faults *faults, struct origin *origin, unsigned line);
/* Where a line comes from; line 0 counts as 1. There must be one. */
struct place faults_place(const struct faults *faults, unsigned line);

/* Adds a copy; only the text is not copied. A path gets one fault at most,
 * because further ones follow from the first. */
void fault_add(struct faults *faults, const struct fault *what);
/* Whether a path has a fault; warnings do not count. */
bool fault_known(const struct faults *faults, const char *path);

/* Prints a line "FILE:LINE: setting: text"; on a terminal a row (term_row). */
void fault_print(struct place place, const struct fault *fault, FILE *to);
/* Prints each, in the text's order. Both streams may be NULL. */
void faults_print(const struct faults *faults, FILE *to, FILE *warnings_to);

/* Writes untrusted text for a person to read. Invalid UTF-8, invisible
 * characters and terminal controls become question marks (utf8_is_hidden). */
void fault_show(FILE *to, const char *text);

#endif
