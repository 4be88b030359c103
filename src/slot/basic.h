#ifndef SLOT_BASIC_H
#define SLOT_BASIC_H

#include "slot/auth.h"

#define BASIC_CHALLENGE "Basic realm=\"slotd\""

/*
 * Authenticates a caller with DIALECT_EJABBERD by HTTP Basic (RFC 7617), with
 * its id and one of its secrets. header is the value of Authorization; at ==
 * NULL: none. On failure gives FAILURE_UNAUTHORIZED with why->reason for the
 * log. *ret_claimed is the caller that a well-formed header names, genuine
 * only on success; NULL: the id is unknown; untouched when the header is
 * malformed. Unknown ids take as long as wrong secrets.
 */
enum failure basic_check(const struct auth *auth, struct span header,
    const struct caller **ret_claimed, struct refusal *why);

/* The digest of a secret that passwords are compared with, different for all
 * secrets. (HMAC keys are not: "SECRET" and "SECRET\0" make the same one, and
 * so do a secret of over 64 bytes and its SHA-256.) */
void basic_digest(struct span secret, uint8_t ret_digest[HASH_SIZE]);

#endif
