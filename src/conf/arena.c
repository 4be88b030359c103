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

struct span arena_copy(struct arena *arena, struct span bytes)
{
	char *copy = arena_get(arena, bytes.len + 1);

	if (bytes.len)
		memcpy(copy, bytes.at, bytes.len);
	return (struct span){ copy, bytes.len };
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

void arena_done(struct arena *arena)
{
	while (arena->first) {
		struct arena_block *block = arena->first;

		arena->first = block->next;
		wipe(block->bytes, block->size);
		free(block);
	}
}
