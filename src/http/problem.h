#ifndef HTTP_PROBLEM_H
#define HTTP_PROBLEM_H

#include "slotd/failure.h"

/*
 * The problem document of a failure (RFC 9457, with the members of
 * api/openapi.yaml), as malloc'ed text; NULL: no memory. entry is the
 * failure's row of the table, or what a dialect makes of it.
 */
char *problem_write(const struct failure_entry *entry, enum failure failure,
    const struct refusal *why);

#endif
