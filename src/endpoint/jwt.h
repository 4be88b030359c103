#ifndef ENDPOINT_JWT_H
#define ENDPOINT_JWT_H

#include "endpoint/json.h"
#include "slot/auth.h"

/*
 * The bearer token (RFC 6750) of mod_http_file_share: a JSON Web Token
 * (RFC 7519) with HS256 under one of the caller's secrets, and no other
 * algorithm. Its exp is not judged here. header is the value of
 * Authorization; at == NULL: none. FAILURE_UNAUTHORIZED with a reason for
 * the log, or FAILURE_UNAVAILABLE: no memory. To be done (json_jwt_done) in
 * each case.
 */
enum failure jwt_read(const struct caller *caller, struct span header,
    struct json_jwt *ret_jwt, const char **ret_reason);

#endif
