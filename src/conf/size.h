#ifndef CONF_SIZE_H
#define CONF_SIZE_H

#include "core/span.h"

/*
 * Bytes in a text such as "123", "100 MiB" or "5 GB": digits, blanks, and a
 * unit without regard to case. KB, MB, GB, TB are powers of 1000, KiB, MiB,
 * GiB, TiB of 1024, B is one byte. False with a sentence: fractions, other
 * units, more than INT64_MAX.
 */
bool size_parse(struct span text, uint64_t *ret_bytes, const char **ret_wrong);

/* The same for people, exactly: "100 MiB", "5 GB", "1234567 bytes". */
#define SIZE_TEXT 32
void size_write(uint64_t bytes, char ret_text[SIZE_TEXT]);

#endif
