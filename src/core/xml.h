#ifndef CORE_XML_H
#define CORE_XML_H

#include "core/buf.h"

/* Appends the text, unescaped, of the first element of this name: at most 60
 * bytes, without attributes. False: there is none, or out is full. */
bool xml_text(struct span body, const char *name, struct buf *out);

#endif
