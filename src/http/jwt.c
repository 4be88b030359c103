#include "http/jwt.h"

#include "core/base64.h"
#include "slot/share.h"

#include <string.h>

#define SCHEME "Bearer"
#define HEADER_MAX 256
#define PAYLOAD_MAX 6144

/* The parts of header.payload.signature. */
struct parts {
	struct span header;
	struct span payload;
	struct span signature;
	struct span signed_text;
};

static bool split(struct span token, struct parts *ret_parts)
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

static bool header_right(struct span text)
{
	uint8_t bytes[HEADER_MAX];
	size_t len;

	return base64url_decode(text, sizeof bytes, bytes, &len) &&
	       json_jwt_header((struct span){ (const char *)bytes, len });
}

static bool signature_right(
    const struct caller *caller, const struct parts *parts)
{
	uint8_t signature[HASH_SIZE];
	size_t len;

	return base64url_decode(
		   parts->signature, sizeof signature, signature, &len) &&
	       len == sizeof signature &&
	       share_signature_right(caller, parts->signed_text, signature);
}

bool jwt_read(const struct caller *caller, struct span header,
    struct json_jwt *ret_jwt, const char **ret_reason)
{
	size_t scheme = span_find(header, ' ');
	uint8_t payload[PAYLOAD_MAX];
	struct parts parts;
	size_t len;

	memset(ret_jwt, 0, sizeof *ret_jwt);
	*ret_reason = NULL;
	if (!header.at)
		*ret_reason = "no Authorization header";
	else if (!span_equal_nocase(
		     span_first(header, scheme), span_of(SCHEME)))
		*ret_reason = "Authorization is no bearer token";
	else if (!split(span_trim(span_from(header, scheme), " "), &parts))
		*ret_reason = "the token is no JWT";
	else if (!header_right(parts.header))
		*ret_reason = "the token's algorithm is not HS256";
	else if (!signature_right(caller, &parts))
		*ret_reason = "wrong signature";
	else if (!base64url_decode(
		     parts.payload, sizeof payload, payload, &len))
		*ret_reason = "the token's payload is malformed";
	if (*ret_reason)
		return false;
	return json_jwt_read(
	    ret_jwt, (struct span){ (const char *)payload, len }, ret_reason);
}
