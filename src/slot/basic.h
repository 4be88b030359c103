#ifndef SLOT_BASIC_H
#define SLOT_BASIC_H

#include "slot/auth.h"

#define BASIC_CHALLENGE "Basic realm=\"slotd\""

/*
 * HTTP Basic (RFC 7617) of callers with DIALECT_EJABBERD: their id and one of
 * their secrets. header is the value of Authorization; at == NULL: none. Else
 * FAILURE_UNAUTHORIZED with why->reason for the log. *ret_claimed is the
 * caller that a well-formed header names, true only on success; NULL: nobody
 * has that id. Untouched where the header is malformed. Unknown ids cost the
 * same work as wrong secrets.
 */
enum failure basic_check(const struct auth *auth, struct span header,
    const struct caller **ret_claimed, struct refusal *why);

/* What is kept of a secret to compare passwords with: another one for every
 * other secret. (HMAC keys are not: "SECRET" and "SECRET\0" are one, and so are
 * one of over 64 bytes and its SHA-256.) */
void basic_digest(struct span secret, uint8_t ret_digest[HASH_SIZE]);

#endif
