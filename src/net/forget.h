#ifndef NET_FORGET_H
#define NET_FORGET_H

#include <stddef.h>

/* free and realloc, for libraries that pass secrets on: what is given back is
 * wiped first. */
void forget(void *memory);
void *forget_realloc(void *memory, size_t size);

#endif
