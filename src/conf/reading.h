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
};

/* The text for libconfig, see text.h. */
struct text {
	char *at; /* ends with a NUL when all is there */
	size_t len;
	size_t size;
	struct span *strings; /* that the text has only numbers of */
	size_t string_count;
	size_t string_size;    /* how many there is room for */
	struct origin *origin; /* of what is put now, and its line there */
	unsigned line;
};

/*
 * One reading of a configuration: the configuration that it fills in, and
 * all that is needed meanwhile. Every node knows the reading that it belongs
 * to.
 */
struct reading {
	struct conf *conf;
	struct arena scratch; /* gone when the reading ends */
	struct faults faults;
	const char *folder; /* of the file, with its slash; or "" */
	struct text text;
	bool incomplete; /* an include is missing, and maybe settings: missing
	                  * ones are not told */
	bool has_store;  /* the types of all stores are known */
	struct seen_secret *secrets;
	struct named_path *paths;
	const struct node *fs_node; /* the embedded store's path; or NULL */
	const char *fs_path;
};

#endif
