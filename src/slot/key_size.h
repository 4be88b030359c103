#ifndef SLOT_KEY_SIZE_H
#define SLOT_KEY_SIZE_H

#include "slot/key_template.h"

/* A number of bytes. */
struct key_range {
	size_t least;
	size_t most;
};

/* How long one part of a key can be. text: the part of a literal that counts;
 * ignored for other parts. */
struct key_range key_part_range(const struct key_part *part, struct span text);

/*
 * How long a key can be as a whole, and its longest segment between slashes.
 * least counts domain and file name as 1 byte, most as 253 and 200 bytes. (A
 * JID's domain may be longer, but no host has such a name.)
 */
struct key_size {
	struct key_range key;
	struct key_range segment;
};

struct key_size key_size_of(const struct key_template *template);

#endif
