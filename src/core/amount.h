#ifndef CORE_AMOUNT_H
#define CORE_AMOUNT_H

#include "core/span.h"

/*
 * Sizes and durations as people write them: digits, blanks, and a unit in any
 * case. False, with a sentence, for fractions, other units and more than
 * INT64_MAX.
 */

/* "123", "100 MiB", "5 GB". KB, MB, GB and TB are powers of 1000, KiB, MiB,
 * GiB and TiB of 1024; B and no unit are one byte. */
bool amount_bytes_read(
    struct span text, uint64_t *ret_bytes, const char **ret_wrong);

/* "90 s", "10 minutes", "12h", "30 days": s, min, h, d and their long forms.
 * There must be a unit. */
bool amount_seconds_read(
    struct span text, uint64_t *ret_seconds, const char **ret_wrong);

/* Writes a size for people, without rounding: "100 MiB", "5 GB", "1234567
 * bytes". */
#define AMOUNT_TEXT 32
void amount_bytes_write(uint64_t bytes, char ret_text[AMOUNT_TEXT]);

#endif
