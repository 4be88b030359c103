#ifndef HTTP_AUTHENTICATE_H
#define HTTP_AUTHENTICATE_H

#include "http/request.h"

/*
 * The signed caller of a request whose body is complete; NULL after it has
 * replied with what is wrong, or when the request waits for what other
 * processes have seen: the endpoint is then called again, and calls again.
 */
const struct caller *authenticate(struct request *request);

/* The same without waiting: request->nonce is to be entered yet, together
 * with the slot. */
const struct caller *authenticate_alone(struct request *request);

/* Asks the counter whether another process has seen request->nonce; waits.
 * FAILURE_NONE where nothing is shared. */
enum failure authenticate_share(
    const struct request *request, struct span domain, struct refusal *why);

/* Likewise the caller of a dialect that authenticates by HTTP Basic. */
const struct caller *authenticate_basic(struct request *request);

#endif
