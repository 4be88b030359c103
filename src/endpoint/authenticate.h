#ifndef ENDPOINT_AUTHENTICATE_H
#define ENDPOINT_AUTHENTICATE_H

#include "http/request.h"

/*
 * Authenticates a signed request whose body is complete, and goes on with
 * `then`: request->signer is the caller. May first ask, off the event loop,
 * what other processes have seen. Or replies with what is wrong.
 */
void authenticate(
    struct request *request, void (*then)(struct request *request));

/* The same without waiting: gives the caller, or NULL after it has replied.
 * request->nonce is to be entered yet, together with the slot. */
const struct caller *authenticate_alone(struct request *request);

/* Asks the counter whether another process has seen request->nonce; waits.
 * FAILURE_NONE where nothing is shared. */
enum failure authenticate_share(
    const struct request *request, struct span domain, struct refusal *why);

/* Likewise the caller of a dialect that authenticates by HTTP Basic. */
const struct caller *authenticate_basic(struct request *request);

#endif
