#ifndef CORE_XML_H
#define CORE_XML_H

#include "core/buf.h"

/* The text of the first element of this name (of at most 60 bytes, without
 * attributes), unescaped; false: none, or out is full. */
bool xml_text(struct span body, const char *name, struct buf *out);

#endif
