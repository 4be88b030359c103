#ifndef CONF_SCAN_H
#define CONF_SCAN_H

#include "conf/reading.h"

#define SCAN_NESTING 32   /* groups and lists inside each other */
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

/* The scanner, which goes through all files. */
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
 * Adds a file's text to the reading's up to the next include. Adds a fault for
 * each thing that libconfig would change in silence, and puts something
 * harmless in its place. True: rest begins behind an include, whose name is
 * given. False: the file ends, or nothing more can be understood (stop).
 */
bool scan_next(struct scan *scan, struct span *rest, struct span *ret_include);

/* Adds a fault without a setting, and stops. */
void scan_stop(struct scan *scan, const char *why);

#endif
