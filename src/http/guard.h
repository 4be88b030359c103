#ifndef HTTP_GUARD_H
#define HTTP_GUARD_H

#include "http/request.h"

/*
 * Refuses what libmicrohttpd lets through although two readers could
 * understand it differently (RFC 9112, sections 2.2, 3.2, 6.3, 11.2): more
 * than one Content-Length, Host or Authorization, Content-Length together
 * with Transfer-Encoding, another Transfer-Encoding than chunked, names that
 * are no tokens, values with controls. On success notes the body's length
 * in request; else gives a sentence.
 */
bool guard_check(struct request *request, const char **ret_wrong);

#endif
