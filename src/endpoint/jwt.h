#ifndef ENDPOINT_JWT_H
#define ENDPOINT_JWT_H

#include "endpoint/json.h"
#include "slot/auth.h"

/*
 * Reads the bearer token (RFC 6750) of mod_http_file_share: a JSON Web Token
 * (RFC 7519), signed with HS256 by one of the caller's secrets; no other
 * algorithm is accepted. Its exp is not checked here. header is the value of
 * Authorization (at == NULL: missing). Returns FAILURE_UNAUTHORIZED with a
 * reason for the log, or FAILURE_UNAVAILABLE without memory. json_jwt_done
 * must follow in any case.
 */
enum failure jwt_read(const struct caller *caller, struct span header,
    struct json_jwt *ret_jwt, const char **ret_reason);

#endif
