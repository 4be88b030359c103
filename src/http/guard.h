#ifndef HTTP_GUARD_H
#define HTTP_GUARD_H

#include "http/request.h"

/*
 * Refuses what libmicrohttpd lets through although two readers could
 * understand it differently (RFC 9112, sections 2.2, 3.2, 5.2, 6.3, 11.2):
 * more than one Content-Length or Host, Content-Length together with
 * Transfer-Encoding, another Transfer-Encoding than chunked or one under
 * HTTP/1.0, names and methods that are no tokens, targets and values with
 * controls, folded lines, lines that end without CRLF or have a NUL. All
 * headers are looked at, whatever is wrong with one of them. Several
 * Authorization headers are no fault here: authentication refuses them. On
 * success notes the body's length in request; else gives a sentence, and the
 * connection must be closed since nobody knows where the request ends.
 *
 * Where libmicrohttpd takes a bare LF in the framing of chunks, the connection
 * ends with the answer to a chunked request: nothing behind it is read.
 *
 * url and version are as the first call of libmicrohttpd's handler has them:
 * they and request->method still lie where the head was received.
 */
bool guard_check(struct request *request, const char *url, const char *version,
    const char **ret_wrong);

#endif
