#ifndef FUZZ_READING_H
#define FUZZ_READING_H

#include "core/span.h"

/*
 * A second opinion of a stream: what expat alone says of its bytes, without any
 * code of slotd's. Both directions are read by it.
 */

enum reading_end {
	READING_GOES_ON,
	READING_BROKEN,
	READING_RESTRICTED, /* a document type or a processing instruction */
	READING_CLOSED,     /* by the end of the outermost element */
};

/* An element directly in the outermost one; NULL: it has no such attribute. */
struct said {
	char *name; /* without its prefix */
	char *type;
	char *id;
	char *from;
	char *to;
	size_t tag; /* bytes of its first tag */
	size_t start;
	size_t len;       /* from its first to its last byte, when whole */
	unsigned deepest; /* elements in each other, itself included */
	bool whole;
	bool violation; /* it is an error: <policy-violation/> */
};

struct reading {
	struct said *said;
	size_t count;
	size_t room; /* for so many */
	unsigned depth;
	unsigned deepest;
	size_t told;    /* up to this byte */
	size_t longest; /* bytes of a tag, with a comment before it */
	enum reading_end end;
};

/* Reads a stream. With namespaces, a prefix that is not declared makes it
 * broken. reading_free must follow. */
void reading_of(struct span bytes, bool namespaces, struct reading *ret);
void reading_free(struct reading *reading);

#endif
