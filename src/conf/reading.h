#ifndef CONF_READING_H
#define CONF_READING_H

#include "conf/conf.h"
#include "conf/fault.h"

/* A secret that was read, see secret_is_new. */
struct seen_secret {
	struct seen_secret *next;
	uint8_t digest[HASH_SIZE];
	const char *path; /* of the setting */
};

/* A file that the configuration names, see paths_check. */
struct named_path {
	struct named_path *next;
	const struct node *node;
	const char *path;
	enum conf_use use;
};

/* What is done with the credentials of storage.janitor. */
enum conf_janitor {
	JANITOR_UNREAD, /* their files are not looked at: `serve` may not */
	JANITOR_TRIED, /* what cannot be read is a warning: `check`, `doctor` */
	JANITOR_READ,  /* they are needed */
};

/*
 * The text of a configuration as libconfig gets it: includes are in place,
 * comments are removed, and each string is replaced by its number, "12;". Lines
 * stay as they were. The reasons: libconfig's own @include looks in the working
 * directory, its versions read some numbers differently, and it does not wipe
 * its memory, so it must not see strings.
 */
struct text {
	char *at; /* ends with a NUL when all is there */
	size_t len;
	size_t size;
	struct span *strings; /* the text has their numbers */
	size_t string_count;
	size_t string_size;    /* allocated */
	struct origin *origin; /* of the next line, and its number */
	unsigned line;
};

/*
 * One reading of a configuration: the configuration that is filled in, and
 * everything that is needed until then. Every node points to its reading. One
 * thread uses it, see read.c.
 */
struct reading {
	struct conf *conf;
	enum conf_janitor janitor;
	struct arena scratch; /* gone when the reading ends */
	struct faults faults;
	const char *folder; /* of the file, with its slash; or "" */
	struct text text;
	bool incomplete; /* an include could not be read: no faults of missing
	                  * settings then */
	bool has_store;  /* the types of all stores are known */
	/* The groups of conf->storages. */
	const struct node **storage_nodes;
	struct seen_secret *secrets;
	struct named_path *paths;
	const struct node *fs_node; /* the embedded store's path; or NULL */
	const char *fs_path;
};

/* --- text.c ---------------------------------------------------------------*/

#define TEXT_MAX 1048576 /* bytes of all files together */

/* The next text comes from a file, and the line before it has this number. */
void text_go_on(struct reading *reading, struct origin *origin, unsigned line);
/* Appends bytes without changes, and counts lines. */
void text_put(struct reading *reading, struct span text);
/* Keeps a string, which is not copied. Its number is string_count before the
 * call. */
void text_keep_string(struct reading *reading, struct span string);
/* The number of the last line, where faults found now are. */
unsigned text_line(const struct reading *reading);

#endif
