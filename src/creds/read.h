#ifndef CREDS_READ_H
#define CREDS_READ_H

#include "creds/draft.h"

/*
 * Reads a small file of at most `size` bytes into memory, as it is; does not
 * wait for the writer of a FIFO. False with a sentence in the draft: the file
 * cannot be read, is not a regular file, is larger, or others may write it.
 */
bool creds_read(const char *path, char *memory, size_t size,
    struct creds_draft *draft, struct span *ret_content);

/* Likewise a file with one secret: one newline at its end is dropped. An
 * empty file is refused. */
bool creds_read_one(const char *path, char *memory, size_t size,
    struct creds_draft *draft, struct span *ret_secret);

/* A number that changes when the path leads to another file or when the file
 * changes; 0 when there is none. */
uint32_t creds_mark(const char *path);

#endif
