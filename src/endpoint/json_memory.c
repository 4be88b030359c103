#include "endpoint/json_memory.h"

#include "core/hash.h"
#include "net/forget.h"

#include <stdint.h>
#include <stdlib.h>

static _Thread_local struct json_arena *arena; /* in use, or NULL */
static _Thread_local bool lacked;

void json_memory_use(struct json_arena *now)
{
	arena = now;
}

/* NULL if the rest is too small. */
static void *take_room(size_t size)
{
	const size_t unit = alignof(max_align_t);
	char *at = arena->room + arena->used;

	if (size > sizeof arena->room - arena->used) {
		arena->spilled = true;
		return NULL;
	}
	arena->used += (size + unit - 1) / unit * unit;
	return at;
}

void *json_memory_take(size_t size)
{
	void *memory = arena ? take_room(size) : NULL;

	if (!memory)
		memory = malloc(size);
	if (!memory)
		lacked = true;
	return memory;
}

static bool in_room(const void *memory)
{
	return arena &&
	       (uintptr_t)memory - (uintptr_t)arena->room < sizeof arena->room;
}

void json_memory_give(void *memory)
{
	if (!in_room(memory))
		forget(memory);
}

void json_memory_drop(struct json_arena *old)
{
	wipe(old->room, old->used);
	old->used = 0;
}

bool json_memory_lacked(void)
{
	bool was = lacked;

	lacked = false;
	return was;
}
