#ifndef SERVICE_WORLD_H
#define SERVICE_WORLD_H

#include <stdint.h>

/* Unix seconds, UTC. Below http/ time is an argument. */
int64_t world_unix(void);

/* The same in milliseconds. */
int64_t world_millis(void);

/* Microseconds that only go forward. */
int64_t world_micros(void);

/* Bytes from the system's generator; it ends the process when there is
 * none. */
void world_random(void *ret_bytes, unsigned len);

#endif
