#ifndef CREDS_JSON_H
#define CREDS_JSON_H

#include "creds/draft.h"

/* The door to jansson for answers with credentials. The program makes jansson
 * wipe its memory: json_start of endpoint/json.h. */

/*
 * Reads the document of container endpoints and instance metadata:
 * AccessKeyId, SecretAccessKey, Token, Expiration (without it the credentials
 * never expire, and the next attempt is due in 15 minutes). False with a
 * sentence about `where`: it is another document, or its Code is not
 * "Success". The sentence quotes as that of creds_json_refused.
 */
bool creds_json_read(struct span body, const char *where, int64_t now,
    struct creds_draft *draft);

/*
 * Makes a sentence of an answer whose status is not 200; always false. The
 * sentence quotes only `code` and `message` (or Code and Message) of a JSON
 * object, and none that holds `secret` or the object's own SecretAccessKey or
 * Token.
 */
bool creds_json_refused(unsigned status, struct span body, const char *where,
    struct span secret, struct creds_draft *draft);

#endif
