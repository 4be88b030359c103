#ifndef HTTP_AUTHENTICATE_H
#define HTTP_AUTHENTICATE_H

#include "http/request.h"

/* The signed caller of a request whose body is complete; NULL after it has
 * replied with what is wrong. */
const struct caller *authenticate(struct request *request);

#endif
