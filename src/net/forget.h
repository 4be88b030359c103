#ifndef NET_FORGET_H
#define NET_FORGET_H

#include <stddef.h>

/* free and realloc for libraries that handle secrets: memory is wiped before
 * it is freed. */
void forget(void *memory);
void *forget_realloc(void *memory, size_t size);

/* Overwrites what earlier calls have left on the stack. The dynamic linker, for
 * one, saves all registers when a library calls a function for the first time,
 * and they may hold what was copied last. */
void forget_stack(void);

#endif
