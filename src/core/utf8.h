#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include "core/span.h"

/* Takes one character off the front of *rest (RFC 3629: no surrogates, no
 * overlong forms, at most U+10FFFF). False, and nothing taken, when it is
 * not valid or *rest is empty. */
bool utf8_next(struct span *rest, uint32_t *ret_code_point);

bool utf8_valid(struct span text);

/* The longest prefix of valid text that is at most max bytes long and ends
 * between two characters. */
struct span utf8_first(struct span text, size_t max);

#endif
