#ifndef CONF_MEMORY_H
#define CONF_MEMORY_H

#include "core/span.h"

/*
 * Memory that is taken piece by piece and given back at once, wiped: it may
 * hold secrets. When there is none left the process ends, since nothing can
 * be said about a configuration then.
 */
struct memory {
	struct memory_block *first;
};

#define MEMORY_NONE ((struct memory){ NULL })

/* size bytes, zeroed, aligned for any type. Never NULL. */
void *memory_get(struct memory *memory, size_t size);
/* A copy with a NUL behind it. */
struct span memory_copy(struct memory *memory, struct span bytes);
void memory_done(struct memory *memory);

#endif
