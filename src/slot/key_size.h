#ifndef SLOT_KEY_SIZE_H
#define SLOT_KEY_SIZE_H

#include "slot/key_template.h"

/* How many bytes something made from a template has. */
struct key_range {
	size_t least;
	size_t most;
};

/*
 * The whole key, and the longest of its parts between slashes: from the
 * shortest domain and file name to a host name of 253 bytes and a file name
 * of 200. (A JID's domain may be longer, but no host has such a name.)
 */
struct key_size {
	struct key_range key;
	struct key_range segment;
};

struct key_size key_size_of(const struct key_template *template);

#endif
