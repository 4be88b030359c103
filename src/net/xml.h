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
#define XML_TEXT 32768        /* bytes of text of the elements that are open */
#define XML_UNTOLD 65536u     /* bytes of a tag, a comment and the like */
#define XML_WORN (256u << 10) /* bytes of a stream that one parser reads */

struct xml;

/* --- whole documents of stores --------------------------------------------*/

/*
 * Called at the end of each element: its name, its own text without that of
 * elements in it and without white space alone in front of one, and its depth
 * (1: the root). They live until it returns. False ends the reading.
 */
typedef bool xml_element(
    void *of, unsigned depth, struct span name, struct span text);

/* NULL: no memory. */
struct xml *xml_open(xml_element *element, void *of);
/* False unless the document is whole. */
bool xml_end(struct xml *xml);

/* Appends the text of the first element of this name, in a document or a
 * fragment that begins at the first '<'. Reads up to the first fault only, as
 * a text may be cut. False: there is none, or out is full. */
bool xml_text(struct span body, const char *name, struct buf *out);

/* --- streams --------------------------------------------------------------*/

/*
 * What is called while a stream is read, at any depth. Names are as they were
 * written, with their prefixes; attributes are name, value, …, NULL; a text may
 * come in pieces. All of it lives until the function returns. False ends the
 * reading.
 */
struct xml_events {
	bool (*begin)(void *of, const char *name, const char **attributes);
	bool (*end)(void *of, const char *name);
	bool (*text)(void *of, struct span text);
};

/* Reads without bounds but `untold` instead of XML_UNTOLD, and ends at a
 * processing instruction, too. However long the stream lives, no more is kept
 * of it than of its last XML_WORN bytes and the element that is under way.
 * NULL: no memory. */
struct xml *xml_open_stream(
    const struct xml_events *events, void *of, size_t untold);
/* How many bytes of the stream come before the event that is being told, and
 * how many bytes it has itself if it is the end of an element. */
uint64_t xml_place(const struct xml *xml);
unsigned xml_length(const struct xml *xml);

/* --- both -----------------------------------------------------------------*/

/* Why the reading has ended. */
enum xml_fault {
	XML_FINE,    /* it has not */
	XML_STOPPED, /* as a function said */
	XML_BROKEN,
	XML_RESTRICTED, /* what may not be in it, as a document type */
	XML_TOO_LONG,   /* XML_UNTOLD or the like */
	XML_OUT_OF_MEMORY,
};

/* Reads on. False: this is no XML that is read here, or a function said so;
 * so it stays. */
bool xml_feed(struct xml *xml, struct span bytes);
enum xml_fault xml_fault(const struct xml *xml);
/* NULL is allowed. */
void xml_close(struct xml *xml);

#endif
