#include "endpoint/json_memory.h"

#include <stdlib.h>

static _Thread_local bool lacked;

void *json_memory_take(size_t size)
{
	void *memory = malloc(size);

	if (!memory)
		lacked = true;
	return memory;
}

bool json_memory_lacked(void)
{
	bool was = lacked;

	lacked = false;
	return was;
}
