#include "expect.h"

#include "core/base64.h"
#include "endpoint/jwt.h"

#include <stdio.h>

/* The tokens in full are by Python's hmac and base64. */

#define FIRST "not-a-real-secret-01"
#define SECOND "not-a-real-secret-02"

#define HEADER "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
/* As mod_http_file_share has them: sub juliet@example.org, slot abc,
 * filename "a b.png", filesize 23456, filetype image/png, iat 1732300000,
 * exp 300 and expires 604800 seconds later. */
#define PAYLOAD                                                                \
	"eyJzdWIiOiJqdWxpZXRAZXhhbXBsZS5vcmciLCJpYXQiOjE3MzIzMDAwMDAsImV4cCI6" \
	"MTczMjMwMDMwMCwic2xvdCI6ImFiYyIsImV4cGlyZXMiOjE3MzI5MDQ4MDAsImZpbGVu" \
	"YW1lIjoiYSBiLnBuZyIsImZpbGVzaXplIjoyMzQ1NiwiZmlsZXR5cGUiOiJpbWFnZS9w" \
	"bmcifQ"
#define SIGNATURE "gU2gWJR6lw3U9vBWGTxuuGeD_NZK-MEP4dJRNv5ssPY"
#define SIGNATURE_SECOND "qqlxhNzsk8NLPX_FCxU_-DwIWJwytgIL6p7E8GUXhEE"
#define HEADER_512 "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9"
#define SIGNATURE_512                                                          \
	"aL3HIO2AEP8nNA5g8D1WOJezQ9HI0rCNZLFBqfVTQCgYejm1bK6ikajghVqB1ZMcjSX7" \
	"U7mMe0TD8ytS6NMQww"
#define TOKEN HEADER "." PAYLOAD "." SIGNATURE

#define BAD_ALGORITHM "the token's algorithm is not HS256"
#define BAD_SIGNATURE "wrong signature"
#define NO_TOKEN "the token is not a JWT"
#define NO_SCHEME "Authorization is not a bearer token"

static struct caller caller;

static int open_caller(void **state)
{
	(void)state;
	json_start();
	caller.dialect = DIALECT_JWT;
	caller.secret_count = 1;
	hmac_key_init(&caller.secrets[0], span_of(FIRST));
	hmac_key_init(&caller.secrets[1], span_of(SECOND));
	return 0;
}

static void passes(const char *header)
{
	struct json_jwt jwt;
	const char *reason;

	if (jwt_read(&caller, span_of(header), &jwt, &reason) != FAILURE_NONE)
		fail_msg("%s: %s", header, reason);
	assert_null(reason);
	expect_span(jwt.slot, "abc");
	expect_span(jwt.filename, "a b.png");
	expect_span(jwt.filetype, "image/png");
	expect_span(jwt.sub, "juliet@example.org");
	assert_int_equal(jwt.filesize, 23456);
	assert_int_equal(jwt.exp, 1732300300);
	assert_int_equal(jwt.expires, 1732904800);
	json_jwt_done(&jwt);
}

static void refused(const char *header, const char *want)
{
	struct json_jwt jwt;
	const char *reason = NULL;

	if (jwt_read(&caller, span_of(header), &jwt, &reason) !=
	    FAILURE_UNAUTHORIZED)
		fail_msg("taken: %s", header);
	assert_non_null(reason);
	if (strcmp(reason, want) != 0)
		fail_msg("%s: %s", header, reason);
	json_jwt_done(&jwt);
}

/* "Bearer " and a token of these texts, signed with the first secret. */
static const char *sign(const char *header, const char *payload)
{
	static char memory[16384];
	uint8_t mac[HASH_SIZE];
	struct buf text;

	buf_init(&text, memory, sizeof memory);
	buf_text(&text, "Bearer ");
	base64url_encode(&text, header, strlen(header));
	buf_char(&text, '.');
	base64url_encode(&text, payload, strlen(payload));
	hmac(&caller.secrets[0], span_from(buf_span(&text), 7), mac);
	buf_char(&text, '.');
	base64url_encode(&text, mac, sizeof mac);
	assert_true(buf_ok(&text));
	return memory;
}

static void test_right(void **state)
{
	(void)state;
	passes("Bearer " TOKEN);
	passes("bEARER " TOKEN);
	passes("Bearer   " TOKEN " ");
}

static void test_secrets(void **state)
{
	(void)state;
	refused(
	    "Bearer " HEADER "." PAYLOAD "." SIGNATURE_SECOND, BAD_SIGNATURE);
	caller.secret_count = 2;
	passes("Bearer " HEADER "." PAYLOAD "." SIGNATURE_SECOND);
	passes("Bearer " TOKEN);
	caller.secret_count = 1;
}

/* The example of RFC 7515, section A.1: its signature is right, its claims
 * are others. */
static void test_example(void **state)
{
	static const uint8_t key[] = { 0x03, 0x23, 0x35, 0x4b, 0x2b, 0x0f, 0xa5,
		0xbc, 0x83, 0x7e, 0x06, 0x65, 0x77, 0x7b, 0xa6, 0x8f, 0x5a,
		0xb3, 0x28, 0xe6, 0xf0, 0x54, 0xc9, 0x28, 0xa9, 0x0f, 0x84,
		0xb2, 0xd2, 0x50, 0x2e, 0xbf, 0xd3, 0xfb, 0x5a, 0x92, 0xd2,
		0x06, 0x47, 0xef, 0x96, 0x8a, 0xb4, 0xc3, 0x77, 0x62, 0x3d,
		0x22, 0x3d, 0x2e, 0x21, 0x72, 0x05, 0x2e, 0x4f, 0x08, 0xc0,
		0xcd, 0x9a, 0xf5, 0x67, 0xd0, 0x80, 0xa3 };
	static const char header[] =
	    "Bearer eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
	    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
	    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
	    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

	(void)state;
	hmac_key_init(
	    &caller.secrets[0], (struct span){ (const char *)key, sizeof key });
	refused(header, "the token's slot is missing or wrong");
	hmac_key_init(&caller.secrets[0], span_of(FIRST));
	refused(header, BAD_SIGNATURE);
}

static void test_malformed(void **state)
{
	struct json_jwt jwt;
	const char *reason;

	(void)state;
	assert_int_equal(
	    jwt_read(&caller, (struct span){ NULL, 0 }, &jwt, &reason),
	    FAILURE_UNAUTHORIZED);
	assert_string_equal(reason, "no Authorization header");
	json_jwt_done(&jwt);
	refused("", NO_SCHEME);
	refused("Bearer", NO_TOKEN);
	refused("Bearer ", NO_TOKEN);
	refused("Bearer" TOKEN, NO_SCHEME);
	refused("Basic " TOKEN, NO_SCHEME);
	refused(TOKEN, NO_SCHEME);
	refused("Bearer " HEADER, NO_TOKEN);
	refused("Bearer " HEADER "." SIGNATURE, NO_TOKEN);
	/* Four parts, and the five of an encrypted one. */
	refused("Bearer " TOKEN ".", NO_TOKEN);
	refused("Bearer x." TOKEN, NO_TOKEN);
	refused("Bearer " TOKEN "." SIGNATURE, NO_TOKEN);
	refused("Bearer " HEADER "..." PAYLOAD "." SIGNATURE, NO_TOKEN);
	refused("Bearer ...", NO_TOKEN);
	refused("Bearer ..", BAD_ALGORITHM);
}

static void test_signatures(void **state)
{
	static const char text[] = "Bearer " TOKEN;
	char changed[sizeof text];

	(void)state;
	refused("Bearer " HEADER "." PAYLOAD ".", BAD_SIGNATURE);
	refused("Bearer " TOKEN "=", BAD_SIGNATURE);
	refused("Bearer " TOKEN "AA", BAD_SIGNATURE);
	refused("Bearer " HEADER "." PAYLOAD "=." SIGNATURE, BAD_SIGNATURE);
	refused("Bearer " HEADER "=." PAYLOAD "." SIGNATURE, BAD_ALGORITHM);
	refused("Bearer " HEADER ".." SIGNATURE, BAD_SIGNATURE);
	/* Standard base64 is another alphabet. */
	refused("Bearer " HEADER "." PAYLOAD
		".gU2gWJR6lw3U9vBWGTxuuGeD/NZK+MEP4dJRNv5ssPY",
	    BAD_SIGNATURE);
	/* The last letter has 2 bits of no byte: Y is 011000, Z 011001. */
	refused("Bearer " HEADER "." PAYLOAD
		".gU2gWJR6lw3U9vBWGTxuuGeD_NZK-MEP4dJRNv5ssPZ",
	    BAD_SIGNATURE);
	/* One letter of payload and signature after the other. */
	for (size_t i = 7 + sizeof HEADER; i < sizeof text - 1; i++) {
		if (text[i] == '.')
			continue;
		memcpy(changed, text, sizeof text);
		changed[i] = text[i] == 'Q' ? 'R' : 'Q';
		refused(changed, BAD_SIGNATURE);
	}
}

static void test_algorithms(void **state)
{
	static const char *const headers[] = { "", "x", "[]", "{}", "1",
		"\"HS256\"", "[\"alg\",\"HS256\"]", "{\"typ\":\"JWT\"}",
		"{\"alg\":\"none\"}", "{\"alg\":\"None\"}", "{\"alg\":\"\"}",
		"{\"alg\":\"hs256\"}", "{\"alg\":\"HS256 \"}",
		"{\"alg\":\"HS2567\"}", "{\"alg\":\"HS384\"}",
		"{\"alg\":\"HS512\"}", "{\"alg\":\"RS256\"}",
		"{\"alg\":\"ES256\"}", "{\"alg\":null}", "{\"alg\":256}",
		"{\"alg\":[\"HS256\"]}", "{\"ALG\":\"HS256\"}",
		"{\"alg\":\"HS256\",\"alg\":\"none\"}",
		"{\"alg\":\"none\",\"alg\":\"HS256\"}",
		"{\"alg\":\"HS256\",\"alg\":\"HS256\"}",
		"{\"alg\":\"HS256\",\"crit\":[\"exp\"]}",
		"{\"alg\":\"HS256\",\"crit\":null}", "{\"alg\":\"HS256\"} x",
		"{\"alg\":\"HS256\"", "{\"alg\":\"HS256\\u0000\"}",
		"{\"alg\":\"HS256\",\"x\":\"\xff\"}" };
	char padding[300];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(headers); i++)
		refused(sign(headers[i], "{}"), BAD_ALGORITHM);
	snprintf(padding, sizeof padding, "{\"alg\":\"HS256\",\"x\":\"%*s\"}",
	    250, "");
	refused(sign(padding, "{}"), BAD_ALGORITHM);
	/* What is not known is no reason. */
	refused(sign("{\"kid\":\"1\",\"alg\":\"HS256\"}", "{}"),
	    "the token's exp is missing or wrong");
	/* alg: none has no signature (RFC 7519, section 6.1). */
	refused("Bearer eyJhbGciOiJub25lIn0." PAYLOAD ".", BAD_ALGORITHM);
	refused(
	    "Bearer eyJhbGciOiJub25lIn0." PAYLOAD "." SIGNATURE, BAD_ALGORITHM);
	refused(
	    "Bearer " HEADER_512 "." PAYLOAD "." SIGNATURE_512, BAD_ALGORITHM);
	refused("Bearer " HEADER "." PAYLOAD "." SIGNATURE_512, BAD_SIGNATURE);
}

/* --- claims ---------------------------------------------------------------*/

#define HS256 "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"

struct claims {
	const char *exp;
	const char *slot;
	const char *filename;
	const char *filesize;
	const char *filetype;
	const char *more;
};

/* A token with these; NULL: as they should be. */
static const char *claim(struct claims c)
{
	static char payload[2048];

#define OR(given, usual) ((given) ? (given) : (usual))
	snprintf(payload, sizeof payload, "{%s%s%s%s%s%s\"iat\":1732300000}",
	    OR(c.exp, "\"exp\":1732300300,"), OR(c.slot, "\"slot\":\"abc\","),
	    OR(c.filename, "\"filename\":\"a b.png\","),
	    OR(c.filesize, "\"filesize\":23456,"),
	    OR(c.filetype, "\"filetype\":\"image/png\","), OR(c.more, ""));
#undef OR
	return sign(HS256, payload);
}

#define WITH(...) claim((struct claims){ __VA_ARGS__ })

static struct json_jwt taken(const char *header)
{
	struct json_jwt jwt;
	const char *reason;

	if (jwt_read(&caller, span_of(header), &jwt, &reason) != FAILURE_NONE)
		fail_msg("%s", reason);
	return jwt;
}

static void test_optional_claims(void **state)
{
	struct json_jwt jwt = taken(WITH(.more = NULL));

	(void)state;
	assert_null(jwt.sub.at);
	assert_int_equal(jwt.expires, 0);
	json_jwt_done(&jwt);
	jwt = taken(WITH(.more = "\"expires\":0,\"later\":{\"a\":[null]},"));
	assert_int_equal(jwt.expires, 1);
	json_jwt_done(&jwt);
	jwt = taken(WITH(.exp = "\"exp\":1732300300.75,",
	    .more = "\"expires\":1.7329048e9,", .filesize = "\"filesize\":0,",
	    .filename = "\"filename\":\"\\u00e9\","));
	assert_int_equal(jwt.exp, 1732300300);
	assert_int_equal(jwt.expires, 1732904800);
	assert_int_equal(jwt.filesize, 0);
	expect_span(jwt.filename, "\xc3\xa9");
	json_jwt_done(&jwt);
	jwt = taken(WITH(.filesize = "\"filesize\":9223372036854775807,"));
	assert_true(jwt.filesize == 9223372036854775807U);
	json_jwt_done(&jwt);
}

/* A hint of the client's. */
static void test_filetype(void **state)
{
	struct json_jwt jwt = taken(WITH(.filetype = ""));

	(void)state;
	assert_int_equal(jwt.filetype.len, 0);
	json_jwt_done(&jwt);
	jwt = taken(WITH(.filetype = "\"filetype\":1,"));
	assert_true(jwt.filetype_wrong);
	json_jwt_done(&jwt);
}

static void test_wrong_claims(void **state)
{
#define MISSING(name) "the token's " name " is missing or wrong"
	static const struct {
		struct claims claims;
		const char *reason;
	} rows[] = {
		{ { .exp = "" }, MISSING("exp") },
		{ { .exp = "\"exp\":\"1732300300\"," }, MISSING("exp") },
		{ { .exp = "\"exp\":-1," }, MISSING("exp") },
		{ { .exp = "\"exp\":1e300," }, MISSING("exp") },
		{ { .exp = "\"exp\":9223372036854775807," }, MISSING("exp") },
		{ { .exp = "\"exp\":null," }, MISSING("exp") },
		{ { .slot = "" }, MISSING("slot") },
		{ { .slot = "\"slot\":1," }, MISSING("slot") },
		{ { .slot = "\"slot\":null," }, MISSING("slot") },
		{ { .filename = "" }, MISSING("filename") },
		{ { .filename = "\"filename\":[]," }, MISSING("filename") },
		{ { .filesize = "" }, MISSING("filesize") },
		{ { .filesize = "\"filesize\":\"5\"," }, MISSING("filesize") },
		{ { .filesize = "\"filesize\":-1," }, MISSING("filesize") },
		{ { .filesize = "\"filesize\":5.0," }, MISSING("filesize") },
		{ { .filesize = "\"filesize\":5e3," }, MISSING("filesize") },
		{ { .filesize = "\"filesize\":true," }, MISSING("filesize") },
		{ { .more = "\"sub\":1," }, "the token's sub is wrong" },
		{ { .more = "\"expires\":\"x\"," },
		    "the token's expires is wrong" },
		{ { .more = "\"expires\":-5," },
		    "the token's expires is wrong" },
#define NO_OBJECT "the token's payload is not a JSON object"
		{ { .filesize = "\"filesize\":9223372036854775808," },
		    NO_OBJECT },
		{ { .exp = "\"exp\":1e999," }, NO_OBJECT },
		{ { .exp = "\"exp\":1,\"exp\":1732300300," }, NO_OBJECT },
		{ { .filename = "\"filename\":\"a\\u0000\"," }, NO_OBJECT },
		{ { .filename = "\"filename\":\"\xff\"," }, NO_OBJECT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		refused(claim(rows[i].claims), rows[i].reason);
	refused(sign(HS256, ""), NO_OBJECT);
	refused(sign(HS256, "[]"), NO_OBJECT);
	refused(sign(HS256, "1"), NO_OBJECT);
}

/* The payload is at most 6144 bytes. */
static void test_long_tokens(void **state)
{
	static const char end[] = "\"exp\":1732300300,\"slot\":\"abc\","
				  "\"filename\":\"a b.png\",\"filesize\":23456,"
				  "\"filetype\":\"image/png\"}";
	static char payload[6146];
	struct json_jwt jwt;
	size_t start = 6144 - strlen(end);

	(void)state;
	memset(payload, ' ', sizeof payload);
	payload[0] = '{';
	memcpy(payload + start, end, sizeof end);
	jwt = taken(sign(HS256, payload));
	json_jwt_done(&jwt);
	payload[start] = ' ';
	memcpy(payload + start + 1, end, sizeof end);
	refused(sign(HS256, payload), "the token's payload is malformed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_algorithms),
		cmocka_unit_test(test_optional_claims),
		cmocka_unit_test(test_filetype),
		cmocka_unit_test(test_wrong_claims),
		cmocka_unit_test(test_long_tokens),
	};

	return cmocka_run_group_tests(tests, open_caller, NULL);
}
