#include "net/forget.h"

#include "core/hash.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define STACK 16384 /* more than libraries use to read a document */

void forget(void *memory)
{
	if (memory)
		wipe(memory, malloc_usable_size(memory));
	free(memory);
}

void *forget_realloc(void *memory, size_t size)
{
	size_t before = memory ? malloc_usable_size(memory) : 0;
	void *bigger = malloc(size);

	if (!bigger)
		return NULL;
	if (before)
		memcpy(bigger, memory, before < size ? before : size);
	forget(memory);
	return bigger;
}

__attribute__((noinline)) void forget_stack(void)
{
	char memory[STACK];

	wipe(memory, sizeof memory);
}
