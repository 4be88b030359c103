#ifndef CONF_MEMORY_H
#define CONF_MEMORY_H

#include "core/span.h"

/*
 * Memory that is taken piece by piece and given back at once, wiped: it may
 * hold secrets.
 */
struct memory {
	struct memory_block *first;
};

#define MEMORY_NONE ((struct memory){ NULL })

/* size bytes, zeroed, aligned for any type; NULL: there is none left. */
void *memory_try(struct memory *memory, size_t size);
/* Never NULL: ends the thread when there is none left, so no file may be open
 * meanwhile. See conf_read. */
void *memory_get(struct memory *memory, size_t size);
/* Ends the thread. */
_Noreturn void memory_none(void);
/* A copy with a NUL behind it. */
struct span memory_copy(struct memory *memory, struct span bytes);
void memory_done(struct memory *memory);

#endif
