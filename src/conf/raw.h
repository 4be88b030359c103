#ifndef CONF_RAW_H
#define CONF_RAW_H

#include "conf/fault.h"

#define RAW_NESTING 32   /* groups and lists in each other */
#define RAW_MEMBERS 1000 /* settings of a group: each is compared with all */
#define RAW_INCLUDES 10  /* files in each other, as in libconfig */
#define RAW_SIZE_MAX 1048576 /* bytes of all files together */

/* A group or list that is open at some point of the text. */
struct raw_level {
	bool list;
	bool array;       /* [ ], whose entries are of one type */
	bool strings;     /* whose first entry is a string */
	unsigned index;   /* of a list's entry */
	unsigned members; /* of a group, so far */
	struct span name; /* of the setting that is being read */
};

/*
 * The text of a configuration with its includes in place. libconfig's own
 * @include looks in the working directory, and its versions differ in what
 * they do to numbers: so both are done here, and libconfig sees one text
 * without either. Nor does it see strings (see conf/file.h) and comments.
 */
struct raw {
	struct memory *memory;
	struct faults *faults;
	const char *folder; /* of the main file, with its slash; or "" */

	char *text; /* ends with a NUL */
	size_t len;
	size_t size;
	struct span *strings; /* that the text has only numbers of */
	size_t string_count;
	size_t string_size; /* how many there is room for */

	struct source *source; /* what is being read */
	unsigned line;
	unsigned includes;
	bool incomplete; /* an include could not be read */
	bool stop;       /* what follows cannot be understood */
	struct span word;
	char last; /* the first byte of the token before */
	size_t level_count;
	struct raw_level levels[RAW_NESTING];
};

/*
 * Reads a file with all that it includes (names are relative to the folder
 * of the main file) and adds a fault for each thing that libconfig would
 * change in silence; these are replaced by something harmless in the text.
 * False when there is no use in parsing it.
 */
bool raw_read(struct raw *raw, const char *path);

/* For the scanner: appends text as it is, and keeps the count of lines. */
void raw_put(struct raw *raw, struct span text);
/* For the scanner: keeps a string, whose first quote text begins with and whose
 * last stands behind it, and puts its number. */
void raw_put_string(struct raw *raw, struct span text);
/* Whether a backslash and the next byte stand for one. */
bool raw_pair(struct span rest);
/* The setting that is being read is wrong. */
void raw_wrong(struct raw *raw, const char *what);
/* For the scanner: puts a file here. */
void raw_include(struct raw *raw, struct span name);
/* The scanner: puts one file's text. */
void raw_scan(struct raw *raw, struct span text);

#endif
