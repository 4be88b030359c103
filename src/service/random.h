#ifndef SERVICE_RANDOM_H
#define SERVICE_RANDOM_H

#define RANDOM_MAX 256

/*
 * Gets up to RANDOM_MAX bytes from the system's random generator. Aborts the
 * process if that fails. Each thread asks the system for many bytes at once and
 * wipes them as it gives them, so no two calls give the same, in the child of a
 * fork(2) neither. Code below service/ gets randomness as an argument.
 */
void random_bytes(void *ret_bytes, unsigned len);

#endif
