#ifndef SERVICE_RANDOM_H
#define SERVICE_RANDOM_H

/* Bytes from the system's generator, at most 256; it ends the process when
 * there is none. Below service/ randomness is an argument. */
void random_bytes(void *ret_bytes, unsigned len);

#endif
