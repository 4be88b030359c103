#ifndef ENDPOINT_JSON_MEMORY_H
#define ENDPOINT_JSON_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "net/forget.h" /* what is to take it back */

/*
 * malloc for jansson, which remembers when it had none: jansson may report a
 * lack of memory as wrong syntax, or leave a byte out and report nothing.
 */
void *json_memory_take(size_t size);

/* Whether memory was lacking in this thread since this was asked last. */
bool json_memory_lacked(void);

#endif
