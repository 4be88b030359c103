#ifndef SLOT_DISPOSITION_H
#define SLOT_DISPOSITION_H

#include "core/buf.h"

/*
 * Content-Disposition: attachment with the file's name, as filename* (RFC
 * 8187) and, for clients that do not know it, as a plain ASCII filename
 * (RFC 6266, appendix D). name is UTF-8 without controls.
 */
void disposition_attachment(struct buf *out, struct span name);

#endif
