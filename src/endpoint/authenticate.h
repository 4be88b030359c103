#ifndef ENDPOINT_AUTHENTICATE_H
#define ENDPOINT_AUTHENTICATE_H

#include "http/request.h"

/* Who sends a request. All functions are called on the request's event loop,
 * except authenticate_nonce. */

/*
 * Authenticates a signed request whose body is complete, then calls `then`
 * with the caller as request->signer. Where processes share a counter, it is
 * first asked, off the event loop, whether another process has seen the
 * request. If the request is refused, replies and does not call `then`.
 */
void authenticate(
    struct request *request, void (*then)(struct request *request));

/* Likewise, but never waits and does not ask other processes: request->nonce
 * is still to be checked, together with the slot. Returns the caller, or NULL
 * after a reply. */
const struct caller *authenticate_alone(struct request *request);

/* Enters request->nonce in the shared counter. Returns FAILURE_REPLAYED if
 * another process has seen it, and FAILURE_NONE where nothing is shared. May
 * wait for a network: not for an event loop. */
enum failure authenticate_nonce(
    const struct request *request, struct span domain, struct refusal *why);

/* Authenticates by HTTP Basic, for dialects that use it. Returns the caller,
 * or NULL after a reply. */
const struct caller *authenticate_basic(struct request *request);

#endif
