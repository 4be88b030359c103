#ifndef CONF_FAULT_H
#define CONF_FAULT_H

#include <stdio.h>
#include <sys/types.h>

#include "conf/memory.h"
#include "conf/readable.h"

/* More are not kept: nobody reads them. */
#define FAULTS_MAX 1000

/* A file that configuration text came from. */
struct source {
	const char *name; /* as it is shown */
	mode_t mode;
	struct owner owner;
	bool warned; /* of its mode */
};

struct place {
	struct source *source;
	unsigned line;
};

/* What was found wrong, or worth a warning. */
struct fault {
	struct fault *next;
	unsigned line; /* of the text with its includes in place, from 1 */
	unsigned number;
	bool warning;
	const char *path; /* "callers[1].secret"; "": none */
	const char *text;
};

/* All of them, and where each line of the text comes from. */
struct faults {
	struct memory *memory;
	struct fault *first;
	unsigned fault_count;
	unsigned warning_count;
	struct place *places; /* of line 1, 2, … */
	size_t place_count;
	size_t place_size;
};

/* The next line of the text comes from here. */
void faults_add_place(
    struct faults *faults, struct source *source, unsigned line);
/* Where a line comes from; line 0 counts as 1. There must be one. */
struct place faults_place(const struct faults *faults, unsigned line);

/* A path has one fault at the most: what comes later follows from it. */
void fault_add(struct faults *faults, unsigned line, const char *path,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
void warning_add(struct faults *faults, unsigned line, const char *path,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A line each, in the text's order. Both streams may be NULL. */
void faults_print(const struct faults *faults, FILE *to, FILE *warnings_to);

#endif
