#ifndef NET_FORGET_H
#define NET_FORGET_H

#include <stddef.h>

/* free and realloc for libraries that handle secrets: memory is wiped before
 * it is freed. */
void forget(void *memory);
void *forget_realloc(void *memory, size_t size);

#endif
