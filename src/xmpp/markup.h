#ifndef XMPP_MARKUP_H
#define XMPP_MARKUP_H

#include "core/buf.h"

/* XML to be sent. Texts are UTF-8 without characters that XML does not allow:
 * they come out of XML or out of slotd. */

/* Appends a text, escaped for an element or an attribute in '…'. */
void markup_text(struct buf *out, struct span text);
/* Appends " NAME='VALUE'"; nothing when there is no value (at == NULL). */
void markup_attribute(struct buf *out, const char *name, struct span value);
/* Appends <NAME>TEXT</NAME>. */
void markup_element(struct buf *out, const char *name, struct span text);

#endif
