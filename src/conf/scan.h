#ifndef CONF_SCAN_H
#define CONF_SCAN_H

#include "conf/reading.h"

#define SCAN_NESTING 32   /* groups and lists in each other */
#define SCAN_MEMBERS 1000 /* settings of a group: each is compared with all */

/* A group or list that is open at some point of the text. */
struct scan_level {
	bool list;
	bool array;       /* [ ], whose entries are of one type */
	bool strings;     /* whose first entry is a string */
	unsigned index;   /* of a list's entry */
	unsigned members; /* of a group, so far */
	struct span name; /* of the setting that is being read */
};

/* The scanner, which goes from file to file. */
struct scan {
	struct reading *reading;
	bool stop; /* what follows cannot be understood */
	struct span word;
	char last; /* the first byte of the token before */
	size_t level_count;
	struct scan_level levels[SCAN_NESTING];
};

void scan_init(struct scan *scan, struct reading *reading);

/* A file begins. */
void scan_begin(struct scan *scan, struct span *rest);
/*
 * Puts a file's text into the reading's, up to the next include, and adds a
 * fault for each thing that libconfig would change in silence; instead of
 * these something harmless is put. True: at an include, whose name is given
 * and taken off rest. False: at the end, or stopped.
 */
bool scan_next(struct scan *scan, struct span *rest, struct span *ret_include);

/* Adds a fault of no setting, and stops. */
void scan_stop(struct scan *scan, const char *why);

#endif
