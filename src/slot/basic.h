#ifndef SLOT_BASIC_H
#define SLOT_BASIC_H

#include "slot/auth.h"

#define BASIC_CHALLENGE "Basic realm=\"slotd\""

/*
 * HTTP Basic (RFC 7617) of callers with DIALECT_EJABBERD: their id and one of
 * their secrets. header is the value of Authorization; at == NULL: none. On
 * success gives the caller, else FAILURE_UNAUTHORIZED with why->reason for
 * the log. Unknown ids cost the same work as wrong secrets.
 */
enum failure basic_check(const struct auth *auth, struct span header,
    const struct caller **ret_caller, struct refusal *why);

/* Whom a header claims to be, as auth_claim. */
const struct caller *basic_claim(const struct auth *auth, struct span header);

#endif
