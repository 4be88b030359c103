#ifndef CREDS_READ_H
#define CREDS_READ_H

#include <sys/types.h>

#include "creds/draft.h"

/*
 * Reads a small file of at most size bytes into memory, as it is; waits for
 * nobody who writes into a FIFO. False with a sentence in the draft: it
 * cannot be read, is no regular file, is larger, or others may write it.
 */
bool creds_read(const char *path, char *memory, size_t size,
    struct creds_draft *draft, struct span *ret_content);

/* Likewise one secret, with one newline at its end dropped; empty is wrong. */
bool creds_read_one(const char *path, char *memory, size_t size,
    struct creds_draft *draft, struct span *ret_secret);

/* Which file stands behind a path, and since when: another one, or another
 * content, gives another mark. 0: none is there. */
uint64_t creds_mark(const char *path);

#endif
