#ifndef CORE_QUOTE_H
#define CORE_QUOTE_H

#include "core/buf.h"

/*
 * Appends a JSON string (RFC 8259), quotes included, which readers of logfmt
 * take as well. Bytes that are not UTF-8 become U+FFFD; what utf8_is_hidden
 * names becomes an escape, so that a line stays a line and reads as it was
 * written. At most 12 bytes for each of text, and 2.
 */
void quote_add(struct buf *out, struct span text);

#endif
