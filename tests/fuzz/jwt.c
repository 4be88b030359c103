#include "endpoint/jwt.h"
#include "fuzz/mac.h"
#include "fuzz/parts.h"
#include "fuzz/targets.h"

#include <jansson.h>
#include <strings.h>

/* The bearer tokens of mod_http_file_share. */

#define SECRET "fake secret of the XMPP server"
#define ROOM 16384
#define LATEST 253402300799.0 /* 9999-12-31T23:59:59Z */

static struct caller server = { .dialect = DIALECT_JWT };

static void open_server(void)
{
	json_start();
	hmac_key_init(&server.secrets[server.secret_count++], span_of(SECRET));
}

/* The lines are: what stands before the token, the header and the payload in
 * plain text. The rest of the input follows the token. */
struct parts {
	struct span before, header, payload, behind;
};

static void write_token(const struct parts *parts, struct buf *out)
{
	uint8_t mac[MAC_SIZE];
	size_t start;

	buf_add(out, parts->before);
	start = out->len;
	mac_base64(parts->header, true, out);
	buf_char(out, '.');
	mac_base64(parts->payload, true, out);
	mac_of(SECRET, span_from(buf_span(out), start), mac);
	buf_char(out, '.');
	mac_base64((struct span){ (char *)mac, sizeof mac }, true, out);
	buf_add(out, parts->behind);
	must(buf_ok(out));
}

static const char *text_of(const json_t *root, const char *name)
{
	return json_string_value(json_object_get(root, name));
}

static bool is_date(const json_t *member)
{
	const double value = json_number_value(member);

	return json_is_number(member) && value >= 0 && value <= LATEST;
}

/* What RFC 7519 and mod_http_file_share have in a payload. */
static bool is_payload(const json_t *root)
{
	const json_t *size = json_object_get(root, "filesize");
	const json_t *sub = json_object_get(root, "sub");
	const json_t *expires = json_object_get(root, "expires");

	return json_is_object(root) && is_date(json_object_get(root, "exp")) &&
	       text_of(root, "slot") && text_of(root, "filename") &&
	       json_is_integer(size) && json_integer_value(size) >= 0 &&
	       (!sub || json_is_string(sub)) && (!expires || is_date(expires));
}

static bool is_header(const json_t *root)
{
	const char *algorithm = text_of(root, "alg");

	return algorithm && strcmp(algorithm, "HS256") == 0 &&
	       !json_object_get(root, "crit");
}

static json_t *load(struct span text)
{
	return span_find(text, '\0') < text.len
		   ? NULL
		   : json_loadb(
			 text.at, text.len, JSON_REJECT_DUPLICATES, NULL);
}

static bool is_bearer(const struct parts *parts)
{
	return parts->before.len >= 7 &&
	       strncasecmp(parts->before.at, "Bearer ", 7) == 0 &&
	       span_trim(span_from(parts->before, 7), " ").len == 0 &&
	       span_trim(parts->behind, " ").len == 0;
}

static void check_claims(const struct json_jwt *jwt, const json_t *root)
{
	const char *type = text_of(root, "filetype");
	const char *sub = text_of(root, "sub");

	must(span_is(jwt->slot, text_of(root, "slot")));
	must(span_is(jwt->filename, text_of(root, "filename")));
	must(jwt->filesize ==
	     (uint64_t)json_integer_value(json_object_get(root, "filesize")));
	must(sub ? jwt->sub.at && span_is(jwt->sub, sub) : !jwt->sub.at);
	must(jwt->filetype_wrong || span_is(jwt->filetype, type ? type : ""));
	must(jwt->exp >= 0 && jwt->exp <= INT64_C(253402300799));
	must((jwt->expires == 0) == !json_object_get(root, "expires"));
}

static enum failure read_token(struct span header, struct json_jwt *ret)
{
	const char *reason = NULL;
	char *exact = parts_copy(header);
	const enum failure failure =
	    jwt_read(&server, (struct span){ exact, header.len }, ret, &reason);

	must((failure == FAILURE_NONE) == !reason);
	free(exact);
	return failure;
}

/* Whatever is changed in it, it is refused. */
static void check_changed(struct span token, const struct parts *parts)
{
	const size_t len = token.len - parts->before.len - parts->behind.len;
	char *at = (char *)token.at + parts->before.len;
	struct json_jwt jwt;

	for (size_t i = 0; i < len; i += 1 + len / 16) {
		const char was = at[i];

		at[i] = was == 'A' ? 'B' : 'A';
		must(read_token(token, &jwt) == FAILURE_UNAUTHORIZED);
		json_jwt_done(&jwt);
		at[i] = was;
	}
}

static void run_jwt(struct span input)
{
	char memory[ROOM];
	struct buf out = buf_of(memory, sizeof memory);
	struct span rest = input;
	struct parts parts;
	json_t *header, *payload;
	struct json_jwt jwt;
	bool fine;

	parts.before = parts_line(&rest);
	parts.header = parts_line(&rest);
	parts.payload = parts_line(&rest);
	parts.behind = rest.at ? rest : SPAN_EMPTY;
	write_token(&parts, &out);
	header = load(parts.header);
	payload = load(parts.payload);
	fine = is_bearer(&parts) && is_header(header) && is_payload(payload) &&
	       parts.header.len <= 256;
	must((read_token(buf_span(&out), &jwt) == FAILURE_NONE) == fine);
	if (fine)
		check_claims(&jwt, payload);
	json_jwt_done(&jwt);
	if (fine)
		check_changed(buf_span(&out), &parts);
	json_decref(header);
	json_decref(payload);
}

const struct fuzz_target jwt_targets[] = {
	{ "jwt", 1200, open_server, run_jwt },
	{ 0 },
};
