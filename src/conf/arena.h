#ifndef CONF_ARENA_H
#define CONF_ARENA_H

#include <stdarg.h>

#include "core/names.h"

/*
 * Memory that is allocated in pieces and freed all at once. It is wiped then,
 * because it may hold secrets.
 */
struct arena {
	struct arena_block *first;
};

/* size bytes, zeroed, aligned for any type; NULL: there is no memory. */
void *arena_try(struct arena *arena, size_t size);
/* Never NULL: when there is no memory, it ends the thread (see conf_read), so
 * no file may be open. */
void *arena_get(struct arena *arena, size_t size);
/* Ends the thread. */
_Noreturn void arena_none(void);
/* More memory for something that grows: `size` bytes, which begin with the
 * `used` bytes at `old`. */
void *arena_grow(
    struct arena *arena, const void *old, size_t used, size_t size);
/* A copy with a NUL behind it. */
struct span arena_copy(struct arena *arena, struct span bytes);
/* A text of any length, by the rules of printf. */
const char *arena_print(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *arena_print_list(struct arena *arena, const char *format,
    va_list arguments) __attribute__((format(printf, 2, 0)));
/* An empty table for up to `count` names. */
void arena_names(struct arena *arena, size_t count, struct names *ret_names);
void arena_done(struct arena *arena);

#endif
