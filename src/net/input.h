#ifndef NET_INPUT_H
#define NET_INPUT_H

#include <sys/types.h>

/* The only loop that reads: up to `size` bytes from a file descriptor, fewer
 * only when the file ends. Gives how many, or -1 with errno. */
ssize_t input_read(int fd, char *ret_bytes, size_t size);

#endif
