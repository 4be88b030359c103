#ifndef DOCTOR_CODES_H
#define DOCTOR_CODES_H

#include "conf/conf.h"

/* What the error codes of S3 stores mean, for doctor and explain. */

/* What an AccessDenied is about. */
enum denial {
	DENIAL_RIGHT,   /* the key may not, or nobody may without a signature */
	DENIAL_LATE,    /* the URL has expired */
	DENIAL_EARLY,   /* it was signed in the store's future */
	DENIAL_HEADERS, /* the request has headers that are not signed */
};

/*
 * Appends the cause of a code and what to change, lines of printable text.
 * xml: the store's answer, which tells more of some codes; may be empty.
 * False, with nothing appended, for a code that is not known.
 */
bool code_tell(const struct conf_storage *storage, const char *code,
    struct span xml, struct buf *out);

enum denial code_denial(struct span xml);

/* The text of an element, printable, from its start; false: none. */
bool code_element(struct span xml, const char *name, struct buf *out);

#endif
