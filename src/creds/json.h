#ifndef CREDS_JSON_H
#define CREDS_JSON_H

#include "creds/draft.h"

/* The door to jansson for answers with credentials. */

/* To be called once, before threads. */
void creds_json_start(void);

/*
 * The document of container endpoints and instance metadata: AccessKeyId,
 * SecretAccessKey, Token, Expiration (missing: they do not end, and are to be
 * asked for again after 15 minutes). False with a sentence about `where`: it
 * is another document, or has a Code other than "Success".
 */
bool creds_json_read(struct span body, const char *where, int64_t now,
    struct creds_draft *draft);

/*
 * What was answered with another status than 200: always false, with a
 * sentence. Of the body it has the texts `code` and `message` of a JSON object
 * (or Code and Message) and no more, and neither when `secret`, or the
 * object's own SecretAccessKey or Token, is in it.
 */
bool creds_json_refused(unsigned status, struct span body, const char *where,
    struct span secret, struct creds_draft *draft);

#endif
