#ifndef DOCTOR_CODES_H
#define DOCTOR_CODES_H

#include "conf/conf.h"

/* The error codes of S3 stores, for doctor and explain. */

/* The cause of an AccessDenied. */
enum denial {
	DENIAL_RIGHT,   /* a permission is missing */
	DENIAL_LATE,    /* the URL has expired */
	DENIAL_EARLY,   /* it was signed in the future, for the store */
	DENIAL_HEADERS, /* the request has headers that are not signed */
};

/*
 * Appends lines with the cause of a code and what to change. xml: the store's
 * answer, which has details of some codes; may be empty. False, with nothing
 * appended, for an unknown code.
 */
bool code_tell(const struct conf_storage *storage, const char *code,
    struct span xml, struct buf *out);

enum denial code_denial(struct span xml);

/* Sets out to the text of an element, made printable; false: there is none. */
bool code_element(struct span xml, const char *name, struct buf *out);

#endif
