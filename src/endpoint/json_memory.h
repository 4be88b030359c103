#ifndef ENDPOINT_JSON_MEMORY_H
#define ENDPOINT_JSON_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "net/forget.h" /* for freeing it */

/*
 * malloc for jansson, which remembers a failure for each thread. jansson may
 * report a lack of memory as wrong syntax, or leave out a byte and report
 * nothing.
 */
void *json_memory_take(size_t size);

/* Whether memory was lacking in this thread since the last call. */
bool json_memory_lacked(void);

#endif
