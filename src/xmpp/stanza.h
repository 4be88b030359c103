#ifndef XMPP_STANZA_H
#define XMPP_STANZA_H

#include "core/buf.h"

/*
 * What is kept of a stanza while it arrives: the stanza itself, the first
 * element in it (the payload), and the elements in that (its parts). Deeper
 * ones are only counted. A stanza that is longer or deeper than these bounds is
 * skipped: it counts as one without a payload. If its own tag is as long as
 * that, only its type, id, from and to are kept, without those that are longer
 * than STANZA_ADDRESS_MAX.
 */
#define STANZA_MAX 65536u /* bytes, from its first '<' to its last '>' */
#define STANZA_DEPTH 32u  /* elements in each other, the stanza included */
#define STANZA_PARTS 16u
#define STANZA_ADDRESS_MAX 4096u /* more than any JID has */

struct stanza_element {
	struct span space;      /* its namespace; empty: none is declared */
	struct span name;       /* without its prefix */
	struct span attributes; /* NAME NUL VALUE NUL … in the order written */
	struct span text;       /* a part's own */
};

struct stanza {
	struct stanza_element top; /* iq, message, … */
	unsigned payload_count;    /* elements directly in it */
	struct stanza_element payload;
	unsigned part_count; /* of the payload; more than are kept, maybe */
	struct stanza_element parts[STANZA_PARTS];
	bool skipped;

	/* While it arrives: */
	uint64_t start;
	unsigned depth; /* elements that are open; 0: it is whole */
	struct buf kept;
	char memory[STANZA_MAX + 1];
};

/*
 * The events of a stanza, in order: begin and end of each element, and text.
 * header has the attributes of the stream's header, whose namespaces hold here.
 * start is where the event begins in the stream, len how long it is.
 */
void stanza_begin(struct stanza *stanza, struct span header, const char *name,
    const char **attributes, uint64_t start, unsigned len);
void stanza_text(
    struct stanza *stanza, struct span text, uint64_t start, unsigned len);
void stanza_end(struct stanza *stanza, uint64_t start, unsigned len);

/* Appends attributes as struct stanza_element has them. */
void stanza_keep(struct buf *out, const char **attributes);

/* The value of an attribute, with a NUL behind it; at == NULL: it has none of
 * that name. */
struct span stanza_attribute(
    const struct stanza_element *element, const char *name);
/* Takes the next attribute off *rest. False: there is none. */
bool stanza_next(
    struct span *rest, struct span *ret_name, struct span *ret_value);

/* Whether an element has this name, in this namespace. */
bool stanza_is(
    const struct stanza_element *element, const char *space, const char *name);

#endif
