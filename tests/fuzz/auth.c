#include "fuzz/mac.h"
#include "fuzz/parts.h"
#include "fuzz/targets.h"
#include "slot/auth.h"
#include "slot/basic.h"

#include <strings.h>

/* The Authorization of callers: slotd's own, and Basic. Which headers are
 * taken is said here once more, by regular expressions and GnuTLS. */

#define NOW 1790000000
#define SKEW 300
#define ROOM 4096

static const char *const secrets[] = { "first-fake-secret",
	"second fake secret", "Zm9vYmFyLWZha2U" };

static struct caller callers[] = {
	{ .id = { "xmpp.example", 12 }, .dialect = DIALECT_SLOTD },
	{ .id = { "ejabberd", 8 }, .dialect = DIALECT_EJABBERD, .number = 1 },
};
static struct auth house;

static void add_secret(struct caller *caller, const char *secret)
{
	basic_digest(span_of(secret), caller->passwords[caller->secret_count]);
	hmac_key_init(
	    &caller->secrets[caller->secret_count++], span_of(secret));
}

static void open_house(void)
{
	static struct names_place places[16];
	static const uint8_t random[32] = { 1 };
	struct names names;

	must(names_room(2) <= 16);
	names_init(&names, places, 2);
	for (uint32_t i = 0; i < 2; i++)
		names_add(&names, callers[i].id, i);
	add_secret(&callers[0], secrets[0]);
	add_secret(&callers[0], secrets[1]);
	add_secret(&callers[1], secrets[2]);
	auth_init(&house, callers, &names, NULL, random);
}

/* --- Slot-HMAC-SHA256 -----------------------------------------------------*/

#define TOKEN "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
#define OWS "[ \t]*"

struct params {
	struct span id, ts, nonce, sig;
	bool wrong; /* the header is malformed */
	bool twice; /* a parameter is there twice */
};

static struct grammar one_param = { .pattern = "^" OWS "(" TOKEN ")" OWS "=" OWS
					       "(" TOKEN "|\"[^\"\\\\]*\")" OWS
					       "(,|$)" };

static void keep_param(
    struct params *params, struct span name, struct span value)
{
	static const char *const names[] = { "id", "ts", "nonce", "sig" };
	struct span *const places[] = { &params->id, &params->ts,
		&params->nonce, &params->sig };

	if (value.at[0] == '"')
		value = (struct span){ value.at + 1, value.len - 2 };
	for (size_t i = 0; i < 4; i++) {
		if (name.len != strlen(names[i]) ||
		    strncasecmp(name.at, names[i], name.len) != 0)
			continue;
		params->twice = params->twice || places[i]->at;
		*places[i] = value;
	}
}

static struct params read_header(struct span header)
{
	const size_t scheme = strlen(AUTH_SCHEME);
	struct params params = { .wrong = true };
	struct span groups[GRAMMAR_GROUPS];

	if (header.len > AUTH_HEADER_MAX || header.len <= scheme ||
	    strncasecmp(header.at, AUTH_SCHEME, scheme) != 0 ||
	    header.at[scheme] != ' ')
		return params;
	params.wrong = false;
	header = span_from(header, scheme);
	do {
		if (!grammar_take(&one_param, header, groups)) {
			params.wrong = true;
			break;
		}
		keep_param(&params, groups[1], groups[2]);
		header = span_from(header, groups[0].len);
	} while (groups[3].len);
	if (!params.id.at || !params.ts.at || !params.nonce.at ||
	    !params.sig.at)
		params.wrong = true;
	return params;
}

static struct grammar good_ts = { .pattern = "^[1-9][0-9]{0,11}$" };
static struct grammar good_nonce = { .pattern = "^[A-Za-z0-9_-]{8,64}$" };

static void string_to_sign(const struct params *params,
    const struct auth_request *request, struct buf *out)
{
	const struct span parts[] = { params->id, request->method,
		request->base_path, request->target, params->ts, params->nonce,
		request->body };

	buf_text(out, "slotd-v1");
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		buf_text(out, i == 3 ? "" : "\n");
		buf_add(out, parts[i]);
	}
	must(buf_ok(out));
}

/* What is to come of it; and that it is the first of its kind. */
static enum failure expect(
    const struct params *params, const struct auth_request *request)
{
	char memory[2 * ROOM], hex[2][2 * MAC_SIZE + 1];
	struct buf text = buf_of(memory, sizeof memory);
	uint64_t ts;

	if (params->wrong || params->twice ||
	    !grammar_has(&good_ts, params->ts) ||
	    !grammar_has(&good_nonce, params->nonce) ||
	    !span_equal(params->id, callers[0].id))
		return FAILURE_UNAUTHORIZED;
	string_to_sign(params, request, &text);
	for (size_t i = 0; i < 2; i++)
		mac_hex(secrets[i], buf_span(&text), hex[i]);
	if (!span_is(params->sig, hex[0]) && !span_is(params->sig, hex[1]))
		return FAILURE_UNAUTHORIZED;
	span_u64(params->ts, &ts);
	return ts < NOW - SKEW || ts > NOW + SKEW ? FAILURE_CLOCK_SKEW
						  : FAILURE_NONE;
}

/* Where the header has sig=$ or sig=%, the right signature by the first or the
 * second secret. */
static void sign(
    struct span header, const struct auth_request *request, struct buf *out)
{
	struct params params = read_header(header);
	char memory[2 * ROOM], hex[2 * MAC_SIZE + 1];
	struct buf text = buf_of(memory, sizeof memory);
	const bool first = span_is(params.sig, "$");
	size_t at;

	if (params.wrong || (!first && !span_is(params.sig, "%"))) {
		buf_add(out, header);
		return;
	}
	string_to_sign(&params, request, &text);
	mac_hex(secrets[first ? 0 : 1], buf_span(&text), hex);
	at = (size_t)(params.sig.at - header.at);
	buf_add(out, span_first(header, at));
	buf_text(out, hex);
	buf_add(out, span_from(header, at + 1));
}

static void check_signed(struct auth_request *request, enum failure wanted)
{
	const struct span method = request->method;
	struct auth_claim claim = { NULL, 0, { NULL, 0 } };
	struct refusal why = { 0 };

	must(auth_check(&house, request, &claim, &why) == wanted);
	if (wanted != FAILURE_NONE)
		return;
	must(claim.caller == &callers[0]);
	must(auth_check(&house, request, &claim, &why) == FAILURE_REPLAYED);
	request->method = span_of("PATCH");
	must(span_equal(method, request->method) ||
	     auth_check(&house, request, &claim, &why) == FAILURE_UNAUTHORIZED);
}

static void run_authorization(struct span input)
{
	static const struct replay_config config = { SKEW, 16, { 0 } };
	char memory[ROOM];
	struct buf signed_header = buf_of(memory, sizeof memory);
	struct span rest = input;
	const struct span header = parts_line(&rest);
	struct auth_request request = { .now = NOW };
	struct params params;

	request.method = parts_line(&rest);
	request.base_path = parts_line(&rest);
	request.target = parts_line(&rest);
	request.body = rest;
	sign(header, &request, &signed_header);
	request.header = buf_span(&signed_header);
	house.replay = replay_open(&config);
	must(house.replay);
	must(replay_caller(house.replay, callers[0].id) == 0);
	params = read_header(request.header);
	check_signed(&request, expect(&params, &request));
	replay_close(house.replay);
}

/* --- Basic ----------------------------------------------------------------*/

static bool is_basic(struct span header)
{
	char memory[256];
	struct buf right = buf_of(memory, sizeof memory);
	struct span token = header;

	if (header.len < 6 || strncasecmp(header.at, "Basic ", 6) != 0)
		return false;
	token = span_trim(span_from(header, 6), " ");
	mac_base64(span_of("ejabberd:Zm9vYmFyLWZha2U"), false, &right);
	return span_equal(token, buf_span(&right));
}

/* Where the header has a $, the rest of the input in base64. */
static void run_basic(struct span input)
{
	char memory[3 * ROOM];
	struct buf header = buf_of(memory, sizeof memory);
	struct span rest = input;
	const struct span line = parts_line(&rest);
	const size_t mark = span_find(line, '$');
	const struct caller *claimed = NULL;
	struct refusal why = { 0 };
	enum failure failure;

	buf_add(&header, span_first(line, mark));
	if (mark < line.len)
		mac_base64(rest, false, &header);
	buf_add(&header, span_from(line, mark + 1));
	must(buf_ok(&header));
	failure = basic_check(&house, buf_span(&header), &claimed, &why);
	must(failure == FAILURE_NONE || failure == FAILURE_UNAUTHORIZED);
	must((failure == FAILURE_NONE) == is_basic(buf_span(&header)));
	must(failure != FAILURE_NONE || claimed == &callers[1]);
	must(failure == FAILURE_NONE || why.reason);
}

const struct fuzz_target auth_targets[] = {
	{ "authorization", 900, open_house, run_authorization },
	{ "basic", 600, open_house, run_basic },
	{ 0 },
};
