#ifndef HTTP_GUARD_H
#define HTTP_GUARD_H

#include "http/request.h"

/*
 * Refuses heads that libmicrohttpd accepts although a proxy in front may read
 * them differently (RFC 9112, sections 2.2, 3.2, 5.2, 6.3, 11.2):
 * - more than one Content-Length or Host, or Content-Length together with
 *   Transfer-Encoding;
 * - a Transfer-Encoding other than chunked, or any with HTTP/1.0;
 * - names and methods that are not tokens;
 * - targets and values with control characters;
 * - folded lines, and lines that do not end with CRLF or have a NUL byte.
 * Several Authorization headers are accepted here: authentication refuses
 * them.
 *
 * In any case it sets authorization, content_type and named_id of the request;
 * on success has_body, has_length, length, chunked and many_authorizations,
 * too. On failure *ret_wrong is a sentence, and
 * the connection must be closed, since the end of the request is unknown.
 * Where libmicrohttpd accepts a bare LF between chunks, the answer to a chunked
 * request ends the connection: nothing after it is read.
 *
 * To be called from the first call of libmicrohttpd's handler, whose url and
 * version it gets: these and request->method still point into the received
 * head.
 */
bool guard_check(struct request *request, const char *url, const char *version,
    const char **ret_wrong);

#endif
