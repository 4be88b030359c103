#ifndef CONF_ARENA_H
#define CONF_ARENA_H

#include <stdarg.h>

#include "core/span.h"

/*
 * Memory that is taken piece by piece and given back at once, wiped: it may
 * hold secrets.
 */
struct arena {
	struct arena_block *first;
};

/* size bytes, zeroed, aligned for any type; NULL: there is no memory. */
void *arena_try(struct arena *arena, size_t size);
/* Never NULL: without memory it ends the thread, so no file may be open
 * meanwhile. See conf_read. */
void *arena_get(struct arena *arena, size_t size);
/* Ends the thread. */
_Noreturn void arena_none(void);
/* A copy with a NUL behind it. */
struct span arena_copy(struct arena *arena, struct span bytes);
/* A text of any length, by the rules of printf. */
const char *arena_print(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *arena_print_list(struct arena *arena, const char *format,
    va_list arguments) __attribute__((format(printf, 2, 0)));
void arena_done(struct arena *arena);

#endif
