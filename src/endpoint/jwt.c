#include "endpoint/jwt.h"

#include "core/base64.h"
#include "slot/dialect.h"

#include <string.h>

#define SCHEME "Bearer"
#define HEADER_MAX 256
#define PAYLOAD_MAX 6144

/* The parts of header.payload.signature. */
struct jwt_parts {
	struct span header;
	struct span payload;
	struct span signature;
	struct span signed_text;
};

static bool split(struct span token, struct jwt_parts *ret_parts)
{
	size_t last = span_find_last(token, '.');
	struct span rest = span_first(token, last);

	if (last == token.len)
		return false;
	ret_parts->signed_text = rest;
	ret_parts->signature = span_from(token, last + 1);
	ret_parts->header = span_cut(&rest, '.');
	if (!rest.at || span_find(rest, '.') < rest.len)
		return false;
	ret_parts->payload = rest;
	return true;
}

static enum failure check_header(struct span text)
{
	uint8_t bytes[HEADER_MAX];
	size_t len;

	if (!base64url_decode(text, sizeof bytes, bytes, &len))
		return FAILURE_UNAUTHORIZED;
	return json_jwt_header((struct span){ (const char *)bytes, len });
}

static bool signature_right(
    const struct caller *caller, const struct jwt_parts *parts)
{
	uint8_t signature[HASH_SIZE];
	size_t len;

	return base64url_decode(
		   parts->signature, sizeof signature, signature, &len) &&
	       len == sizeof signature &&
	       dialect_signature_right(caller, parts->signed_text, signature);
}

/* Returns a reason if the header has no token, else NULL. */
static const char *read_header(struct span header, struct jwt_parts *ret_parts)
{
	size_t scheme = span_find(header, ' ');

	if (!header.at)
		return "no Authorization header";
	if (!span_equal_nocase(span_first(header, scheme), span_of(SCHEME)))
		return "Authorization is not a bearer token";
	if (!split(span_trim(span_from(header, scheme), " "), ret_parts))
		return "the token is not a JWT";
	return NULL;
}

static enum failure refuse(const char *reason, const char **ret_reason)
{
	*ret_reason = reason;
	return FAILURE_UNAUTHORIZED;
}

enum failure jwt_read(const struct caller *caller, struct span header,
    struct json_jwt *ret_jwt, const char **ret_reason)
{
	uint8_t payload[PAYLOAD_MAX];
	struct jwt_parts parts;
	size_t len;

	*ret_jwt = (struct json_jwt){ 0 };
	*ret_reason = read_header(header, &parts);
	if (*ret_reason)
		return FAILURE_UNAUTHORIZED;
	switch (check_header(parts.header)) {
	case FAILURE_NONE:
		break;
	case FAILURE_UNAVAILABLE:
		return FAILURE_UNAVAILABLE;
	default:
		return refuse("the token's algorithm is not HS256", ret_reason);
	}
	if (!signature_right(caller, &parts))
		return refuse("wrong signature", ret_reason);
	if (!base64url_decode(parts.payload, sizeof payload, payload, &len))
		return refuse("the token's payload is malformed", ret_reason);
	return json_jwt_read(
	    ret_jwt, (struct span){ (const char *)payload, len }, ret_reason);
}
