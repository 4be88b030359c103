#ifndef HTTP_GUARD_H
#define HTTP_GUARD_H

#include "http/request.h"

/*
 * Refuses what libmicrohttpd lets through although two readers could
 * understand it differently (RFC 9112, sections 2.2, 3.2, 5.2, 6.3, 11.2):
 * more than one Content-Length or Host, Content-Length together with
 * Transfer-Encoding, another Transfer-Encoding than chunked or one under
 * HTTP/1.0, names and methods that are no tokens, values with controls,
 * folded lines. On success notes the body's length in request; else gives a
 * sentence.
 *
 * What is behind a NUL in a target or a value is not seen: libmicrohttpd
 * 0.9.75 cuts it off.
 */
bool guard_check(
    struct request *request, const char *version, const char **ret_wrong);

#endif
