#ifndef SLOT_KEY_READING_H
#define SLOT_KEY_READING_H

#include "slot/key_template.h"

/*
 * Why keys of a template cannot be read again, or NULL. A part of any length
 * ({filename}, {domain}, {ext}) may look like the parts beside it, so the
 * place of {random}, {owner} and {user} must be certain from one of the key's
 * ends on: all parts on that side have a fixed length, or end at a literal
 * byte that they cannot have themselves.
 */
const char *key_reading_fault(const struct key_template *template);

#endif
