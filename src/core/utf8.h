#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include "core/span.h"

/* Takes one character off the front of *rest (RFC 3629: no surrogates, no
 * overlong forms, at most U+10FFFF). False, and nothing taken, when it is
 * not valid or *rest is empty. */
bool utf8_next(struct span *rest, uint32_t *ret_code_point);

/* Takes the next character outside of a set of ASCII ones, and all before it.
 * False, and *rest begins where it failed, when there is none or the text is
 * not valid: valid text is empty then. */
bool utf8_next_outside(
    struct span *rest, const struct chars *set, uint32_t *ret_code_point);

bool utf8_valid(struct span text);

/* The longest prefix of valid text that is at most max bytes long and ends
 * between two characters. */
struct span utf8_first(struct span text, size_t max);

/* C0, DEL and C1: U+0000-001F, 007F-009F. */
bool utf8_is_control(uint32_t code_point);

/*
 * What must not stand as it is in a line that a person reads: it cannot be
 * seen, breaks the line, or changes the order of what stands around it. These
 * are the controls, format characters (Cf), line and paragraph separators
 * (Zl, Zp) and all that Unicode calls ignorable, tags included.
 */
bool utf8_is_hidden(uint32_t code_point);

/* Unicode's white space without the controls: U+0020, 00A0, 1680,
 * 2000-200A, 2028, 2029, 202F, 205F, 3000. */
bool utf8_is_blank(uint32_t code_point);

#endif
