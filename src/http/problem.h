#ifndef HTTP_PROBLEM_H
#define HTTP_PROBLEM_H

#include "slotd/failure.h"

/*
 * Writes the problem document of a failure (RFC 9457, with the members of
 * api/openapi.yaml). The text is malloc'ed and the caller's; NULL: there is no
 * memory. entry is the failure's row of the table, as changed by the caller's
 * dialect.
 */
char *problem_write(const struct failure_entry *entry, enum failure failure,
    const struct refusal *why);

#endif
