#ifndef CREDS_FETCH_H
#define CREDS_FETCH_H

#include "creds/draft.h"
#include "net/fetch.h"

/*
 * Asks a source of credentials, for at most 10 seconds. near: the address is
 * the machine's own, or on the link, so that no proxy leads there, and a
 * server that is there takes a connection within 2 seconds. The answer may
 * hold secrets: wipe it. False, with a sentence about `where` in the draft,
 * when there was none or its body is over FETCH_BODY.
 */
bool creds_fetch(const struct creds_round *round, struct fetch_request request,
    bool near, const char *where, struct fetch_reply *ret_reply,
    struct creds_draft *draft);

#endif
