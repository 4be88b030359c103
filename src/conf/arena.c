#include "conf/arena.h"

#include "core/hash.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
	struct arena_block *next;
	size_t size;
	_Alignas(16) unsigned char bytes[];
};

void *arena_try(struct arena *arena, size_t size)
{
	struct arena_block *block = NULL;

	if (size <= SIZE_MAX - sizeof *block)
		block = calloc(1, sizeof *block + size);
	if (!block)
		return NULL;
	block->size = size;
	block->next = arena->first;
	arena->first = block;
	return block->bytes;
}

void *arena_get(struct arena *arena, size_t size)
{
	void *bytes = arena_try(arena, size);

	if (!bytes)
		arena_none();
	return bytes;
}

void arena_none(void)
{
	pthread_exit(NULL);
}

void *arena_grow(struct arena *arena, const void *old, size_t used, size_t size)
{
	void *bigger = arena_get(arena, size);

	if (used)
		memcpy(bigger, old, used);
	return bigger;
}

struct span arena_copy(struct arena *arena, struct span bytes)
{
	return (struct span){
		arena_grow(arena, bytes.at, bytes.len, bytes.len + 1), bytes.len
	};
}

const char *arena_print(struct arena *arena, const char *format, ...)
{
	const char *text;
	va_list arguments;

	va_start(arguments, format);
	text = arena_print_list(arena, format, arguments);
	va_end(arguments);
	return text;
}

const char *arena_print_list(
    struct arena *arena, const char *format, va_list arguments)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, arguments);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	text = arena_get(arena, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, format, arguments);
	return text;
}

void arena_names(struct arena *arena, size_t count, struct names *ret_names)
{
	names_init(ret_names,
	    arena_get(arena, names_room(count) * sizeof(struct names_place)),
	    count);
}

void arena_done(struct arena *arena)
{
	while (arena->first) {
		struct arena_block *block = arena->first;

		arena->first = block->next;
		wipe(block->bytes, block->size);
		free(block);
	}
}
