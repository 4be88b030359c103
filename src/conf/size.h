#ifndef CONF_SIZE_H
#define CONF_SIZE_H

#include "core/span.h"

/*
 * Reads a size such as "123", "100 MiB" or "5 GB": digits, blanks, and a unit
 * in any case. KB, MB, GB and TB are powers of 1000, KiB, MiB, GiB and TiB of
 * 1024, B is one byte. False, with a sentence, for fractions, other units and
 * more than INT64_MAX.
 */
bool size_parse(struct span text, uint64_t *ret_bytes, const char **ret_wrong);

/* Writes a size for people, without rounding: "100 MiB", "5 GB", "1234567
 * bytes". */
#define SIZE_TEXT 32
void size_write(uint64_t bytes, char ret_text[SIZE_TEXT]);

#endif
