#ifndef HTTP_AUTHENTICATE_H
#define HTTP_AUTHENTICATE_H

#include "http/request.h"

/* The signed caller of a request whose body is complete; NULL after it has
 * replied with what is wrong. */
const struct caller *authenticate(struct request *request);

/* Likewise the caller of a dialect that authenticates by HTTP Basic. */
const struct caller *authenticate_basic(struct request *request);

/*
 * An endpoint's head: refuses, before the body is read, requests that say
 * they are of a caller whose rate is used up. Nothing is taken: who has no
 * right signature uses up nobody's rate.
 */
void authenticate_head(struct request *request);

#endif
