#ifndef ENDPOINT_JSON_MEMORY_H
#define ENDPOINT_JSON_MEMORY_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Memory for jansson, which has one allocator in the whole program. A lack of
 * memory is remembered for each thread, because jansson may report it as wrong
 * syntax, or leave out a byte and report nothing.
 */

/* Room for one document that is read: jansson takes many small blocks, and
 * all of them go at once. Begins with used = 0 and spilled = false. */
struct json_arena {
	size_t used;
	bool spilled; /* there was no room: other blocks are malloc's */
	alignas(max_align_t) char room[4096];
};

/* From now on blocks in this thread come from the arena, or if it is full, from
 * malloc. NULL: only from malloc. An arena's blocks may be freed in any
 * thread that uses this arena. */
void json_memory_use(struct json_arena *arena);

/* malloc and free for jansson. Memory from malloc is wiped when it is freed;
 * that of an arena stays as it is, for json_memory_drop. */
void *json_memory_take(size_t size);
void json_memory_give(void *memory);

/* Wipes what was used of an arena. */
void json_memory_drop(struct json_arena *arena);

/* Whether memory was lacking in this thread since the last call. */
bool json_memory_lacked(void);

#endif
