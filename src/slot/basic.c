#include "slot/basic.h"

#include "core/base64.h"

#include <string.h>

#define SCHEME "Basic"
/* Room for an id, a colon and the longest secret of the configuration. */
#define CREDENTIALS_MAX 4224
#define HEADER_MAX (8 + (CREDENTIALS_MAX + 2) / 3 * 4)

void basic_digest(struct span secret, uint8_t ret_digest[HASH_SIZE])
{
	struct hmac_key key;

	hmac_key_init(&key, span_of("slotd basic"));
	hmac(&key, secret, ret_digest);
	hmac_key_done(&key);
}

/* Compares two unless the first is right, as auth.c does. */
static bool secret_right(const struct caller *caller, struct span secret)
{
	static const uint8_t nobody[HASH_SIZE];
	uint8_t given[HASH_SIZE];
	bool right = false;

	basic_digest(secret, given);
	for (size_t i = 0; i < AUTH_SECRETS_MAX && !right; i++) {
		bool real = caller && i < caller->secret_count;

		right =
		    equal_constant_time(real ? caller->passwords[i] : nobody,
			given, HASH_SIZE) &&
		    real;
	}
	wipe(given, sizeof given);
	return right;
}

static enum failure check(const struct auth *auth, struct span credentials,
    const struct caller **ret_claimed, struct refusal *why)
{
	size_t colon = span_find(credentials, ':');
	const struct caller *named, *caller = NULL;

	named = auth_find(auth, span_first(credentials, colon));
	*ret_claimed = named;
	if (colon == credentials.len)
		return failure_reason(
		    FAILURE_UNAUTHORIZED, "Basic without a colon", why);
	if (named && named->dialect == DIALECT_EJABBERD)
		caller = named;
	if (!secret_right(caller, span_from(credentials, colon + 1)))
		return failure_reason(FAILURE_UNAUTHORIZED,
		    caller  ? "wrong secret"
		    : named ? "this caller's dialect is not ejabberd"
			    : "unknown id",
		    why);
	return FAILURE_NONE;
}

/* Decodes the credentials of a header; false with a reason. */
static bool decode(struct span header, uint8_t bytes[CREDENTIALS_MAX],
    size_t *ret_len, const char **ret_reason)
{
	size_t scheme = span_find(header, ' ');

	*ret_reason = NULL;
	if (!header.at)
		*ret_reason = "no Authorization header";
	else if (header.len > HEADER_MAX)
		*ret_reason = "Authorization is too long";
	else if (!span_equal_nocase(
		     span_first(header, scheme), span_of(SCHEME)))
		*ret_reason = "Authorization is not HTTP Basic";
	else if (!base64_decode(span_trim(span_from(header, scheme), " "),
		     CREDENTIALS_MAX, bytes, ret_len))
		*ret_reason = "Authorization is malformed";
	return !*ret_reason;
}

enum failure basic_check(const struct auth *auth, struct span header,
    const struct caller **ret_claimed, struct refusal *why)
{
	uint8_t bytes[CREDENTIALS_MAX];
	size_t len;
	enum failure failure;

	failure = FAILURE_UNAUTHORIZED;
	if (decode(header, bytes, &len, &why->reason))
		failure = check(auth, (struct span){ (const char *)bytes, len },
		    ret_claimed, why);
	wipe(bytes, sizeof bytes);
	return failure;
}
