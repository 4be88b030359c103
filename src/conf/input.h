#ifndef CONF_INPUT_H
#define CONF_INPUT_H

#include <sys/types.h>

/* Reads up to `size` bytes, fewer only when the file ends. Gives how many, or
 * -1 with errno. */
ssize_t input_read(int fd, char *ret_bytes, size_t size);

#endif
