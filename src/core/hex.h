#ifndef CORE_HEX_H
#define CORE_HEX_H

#include "core/buf.h"

/* Lower-case hexadecimal digits, two for each byte (RFC 4648, section 8). */
void hex_encode(struct buf *out, const void *bytes, size_t len);

/* Exactly 2 * len lower-case digits into len bytes; else false and
 * ret_bytes untouched. */
bool hex_decode(struct span digits, size_t len, uint8_t *ret_bytes);

/* The value of a digit of either case; -1: it is none. */
int hex_digit(char c);

#endif
