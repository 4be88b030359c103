#include "conf/memory.h"

#include "core/hash.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct memory_block {
	struct memory_block *next;
	size_t size;
	_Alignas(16) unsigned char bytes[];
};

void *memory_try(struct memory *memory, size_t size)
{
	struct memory_block *block = NULL;

	if (size <= SIZE_MAX - sizeof *block)
		block = calloc(1, sizeof *block + size);
	if (!block)
		return NULL;
	block->size = size;
	block->next = memory->first;
	memory->first = block;
	return block->bytes;
}

void *memory_get(struct memory *memory, size_t size)
{
	void *bytes = memory_try(memory, size);

	if (!bytes)
		memory_none();
	return bytes;
}

void memory_none(void)
{
	pthread_exit(NULL);
}

struct span memory_copy(struct memory *memory, struct span bytes)
{
	char *copy = memory_get(memory, bytes.len + 1);

	if (bytes.len)
		memcpy(copy, bytes.at, bytes.len);
	return (struct span){ copy, bytes.len };
}

void memory_done(struct memory *memory)
{
	while (memory->first) {
		struct memory_block *block = memory->first;

		memory->first = block->next;
		wipe(block->bytes, block->size);
		free(block);
	}
}
