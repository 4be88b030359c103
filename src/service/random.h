#ifndef SERVICE_RANDOM_H
#define SERVICE_RANDOM_H

/* Gets up to 256 bytes from the system's random generator. Aborts the process
 * if that fails. Code below service/ gets randomness as an argument. */
void random_bytes(void *ret_bytes, unsigned len);

#endif
