#ifndef NET_XML_H
#define NET_XML_H

#include "core/buf.h"

/*
 * XML that others send: the only place that knows expat. A document type, and
 * with it every entity but the five of XML itself, ends the reading, and so
 * does what is deeper, longer or wider than any store's answer. What expat
 * holds is wiped before it is freed.
 */

#define XML_DEPTH 32
#define XML_TEXT 32768    /* bytes of an element's own text */
#define XML_UNTOLD 65536u /* bytes of a tag, a comment and the like */

struct xml;

/*
 * Called at the end of each element: its name, its own text without that of
 * elements in it, and its depth (1: the root). They live until it returns.
 * False ends the reading.
 */
typedef bool xml_element(
    void *of, unsigned depth, struct span name, struct span text);

/* NULL: no memory. */
struct xml *xml_open(xml_element *element, void *of);
/* Reads on. False: this is no XML that is read here, or `element` said so; so
 * it stays. */
bool xml_feed(struct xml *xml, struct span bytes);
/* False unless the document is whole. */
bool xml_end(struct xml *xml);
/* NULL is allowed. */
void xml_close(struct xml *xml);

/* Appends the text of the first element of this name, in a document or a
 * fragment that begins at the first '<'. Reads up to the first fault only, as
 * a text may be cut. False: there is none, or out is full. */
bool xml_text(struct span body, const char *name, struct buf *out);

#endif
