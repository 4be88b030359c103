#include "slot/auth.h"

#include "core/chars.h"
#include "core/hex.h"

#include <string.h>

/* The parameters of the header. */
struct params {
	struct span id;
	struct span ts;
	struct span nonce;
	struct span sig;
};

void auth_init(struct auth *auth, const struct caller *callers,
    const struct names *ids, struct replay *replay, const uint8_t random[32])
{
	auth->callers = callers;
	auth->ids = *ids;
	auth->replay = replay;
	hmac_key_init(&auth->nobody, (struct span){ (const char *)random, 32 });
}

void auth_done(struct auth *auth)
{
	hmac_key_done(&auth->nobody);
}

bool auth_id_valid(struct span id)
{
	return id.len >= 1 && id.len <= 64 && span_only(id, &chars_id);
}

const struct caller *auth_find(const struct auth *auth, struct span id)
{
	const uint32_t number = names_find(&auth->ids, id);

	return number == NAMES_NONE ? NULL : &auth->callers[number];
}

static struct span skip_blanks(struct span rest)
{
	while (rest.len && (*rest.at == ' ' || *rest.at == '\t'))
		rest = span_from(rest, 1);
	return rest;
}

/* Takes a token, or a quoted string without escapes, off the front. */
static bool take_value(struct span *rest, struct span *ret_value)
{
	size_t len;

	if (rest->len && *rest->at == '"') {
		struct span inside = span_from(*rest, 1);

		len = span_find(inside, '"');
		if (len == inside.len || memchr(inside.at, '\\', len) != NULL)
			return false;
		*ret_value = span_first(inside, len);
		*rest = span_from(inside, len + 1);
		return true;
	}
	len = span_run(*rest, &chars_token);
	*ret_value = span_first(*rest, len);
	*rest = span_from(*rest, len);
	return len > 0;
}

static struct span *param_place(struct params *params, struct span name)
{
	if (span_equal_nocase(name, span_of("id")))
		return &params->id;
	if (span_equal_nocase(name, span_of("ts")))
		return &params->ts;
	if (span_equal_nocase(name, span_of("nonce")))
		return &params->nonce;
	if (span_equal_nocase(name, span_of("sig")))
		return &params->sig;
	return NULL;
}

/* Reads one "name=value"; refuses a name that was there before. */
static bool take_param(struct span *rest, struct params *params)
{
	struct span name, value;
	struct span *place;

	*rest = skip_blanks(*rest);
	if (span_starts(*rest, "\"") || !take_value(rest, &name))
		return false;
	*rest = skip_blanks(*rest);
	if (!rest->len || *rest->at != '=')
		return false;
	*rest = skip_blanks(span_from(*rest, 1));
	if (!take_value(rest, &value))
		return false;
	*rest = skip_blanks(*rest);
	place = param_place(params, name);
	if (place) {
		if (place->at)
			return false;
		*place = value;
	}
	return true;
}

static bool read_header(struct span header, struct params *params)
{
	size_t scheme = span_find(header, ' ');
	struct span rest = span_from(header, scheme);

	memset(params, 0, sizeof *params);
	if (!span_equal_nocase(
		span_first(header, scheme), span_of(AUTH_SCHEME)))
		return false;
	do {
		if (!take_param(&rest, params))
			return false;
		if (!rest.len)
			break;
		if (*rest.at != ',')
			return false;
		rest = span_from(rest, 1);
	} while (true);
	return params->id.at && params->ts.at && params->nonce.at &&
	       params->sig.at;
}

/* NULL when all are well formed, else a sentence for the log. */
static const char *read_params(
    const struct params *params, int64_t *ret_ts, uint8_t ret_sig[HASH_SIZE])
{
	uint64_t ts;

	if (!auth_id_valid(params->id))
		return "id is malformed";
	if (params->ts.len > 12 || !span_u64(params->ts, &ts) ||
	    *params->ts.at == '0')
		return "ts is malformed: unix seconds are wanted";
	if (params->nonce.len < 8 || params->nonce.len > 64 ||
	    !span_only(params->nonce, &chars_word))
		return "nonce is malformed";
	if (!hex_decode(params->sig, HASH_SIZE, ret_sig))
		return "sig is malformed: 64 lower-case hex digits are wanted";
	*ret_ts = (int64_t)ts;
	return NULL;
}

static void make_sig(const struct hmac_key *key, const struct params *params,
    const struct auth_request *request, uint8_t ret_sig[HASH_SIZE])
{
	const struct span lf = span_of("\n");
	const struct span parts[] = { span_of("slotd-v1\n"), params->id, lf,
		request->method, lf, request->base_path, request->target, lf,
		params->ts, lf, params->nonce, lf, request->body };

	hmac_parts(key, parts, sizeof parts / sizeof *parts, ret_sig);
}

/* Makes two MACs unless the first is right, so that the time tells a guesser
 * nothing. */
static bool sig_right(const struct auth *auth, const struct caller *caller,
    const struct params *params, const struct auth_request *request,
    const uint8_t sig[HASH_SIZE])
{
	bool right = false;

	for (size_t i = 0; i < AUTH_SECRETS_MAX && !right; i++) {
		bool real = caller && i < caller->secret_count;
		uint8_t expected[HASH_SIZE];

		make_sig(real ? &caller->secrets[i] : &auth->nobody, params,
		    request, expected);
		right = equal_constant_time(expected, sig, HASH_SIZE) && real;
		wipe(expected, sizeof expected);
	}
	return right;
}

static enum failure unauthorized(struct refusal *why, const char *reason)
{
	return failure_reason(FAILURE_UNAUTHORIZED, reason, why);
}

enum failure auth_check(const struct auth *auth,
    const struct auth_request *request, struct auth_claim *ret_claim,
    struct refusal *why)
{
	const struct caller *caller;
	struct params params;
	uint8_t sig[HASH_SIZE];
	int64_t ts;
	const char *malformed;

	if (!request->header.at)
		return unauthorized(why, "no Authorization header");
	if (request->header.len > AUTH_HEADER_MAX)
		return unauthorized(why, "Authorization over 512 bytes");
	if (!read_header(request->header, &params))
		return unauthorized(why, "Authorization is malformed");
	malformed = read_params(&params, &ts, sig);
	if (malformed)
		return unauthorized(why, malformed);
	caller = auth_find(auth, params.id);
	*ret_claim = (struct auth_claim){ caller, ts, params.nonce };
	if (caller && caller->dialect != DIALECT_SLOTD) {
		/* Takes as long as an unknown id. */
		sig_right(auth, NULL, &params, request, sig);
		return unauthorized(why, "this caller has another dialect");
	}
	if (!sig_right(auth, caller, &params, request, sig) || !caller)
		return unauthorized(
		    why, caller ? "wrong signature" : "unknown id");
	if (caller->rate && rate_look(caller->rate, request->clock))
		return FAILURE_RATE_LIMITED;
	return replay_check(
	    auth->replay, caller->number, params.nonce, ts, request->now, why);
}

void auth_sign(const struct caller *caller, const struct auth_request *request,
    struct span nonce, struct buf *out)
{
	char ts_memory[24];
	struct buf ts = buf_of(ts_memory, sizeof ts_memory);
	struct params params = { .id = caller->id, .nonce = nonce };
	uint8_t sig[HASH_SIZE];

	buf_u64(&ts, (uint64_t)request->now);
	params.ts = buf_span(&ts);
	make_sig(&caller->secrets[0], &params, request, sig);
	buf_text(out, AUTH_SCHEME " id=");
	buf_add(out, params.id);
	buf_text(out, ", ts=");
	buf_add(out, params.ts);
	buf_text(out, ", nonce=");
	buf_add(out, params.nonce);
	buf_text(out, ", sig=");
	hex_encode(out, sig, sizeof sig);
}

bool auth_allows(const struct caller *caller, struct span domain)
{
	return caller->allow_domain_count == 0 ||
	       names_find_domain(&caller->allowed, domain) != NAMES_NONE;
}
