#include "core/sigv4.h"

#include <string.h>

#include "core/hex.h"
#include "core/stamp.h"
#include "core/uri.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define SERVICE "s3"
#define TERMINATOR "aws4_request"
#define DATE_LEN 8
#define DAY 86400
#define WORK_SIZE 24576

struct stamps {
	char memory[24];  /* of the first */
	struct span time; /* 20130524T000000Z */
	struct span date; /* 20130524 */
};

static void write_stamps(struct stamps *stamps, int64_t now)
{
	struct buf out;

	buf_init(&out, stamps->memory, sizeof(stamps->memory));
	stamp_amz(&out, now);
	stamps->time = buf_span(&out);
	stamps->date = span_first(stamps->time, DATE_LEN);
}

/* One link of the chain that makes the signing key. */
static void derive(struct hmac_key *key, struct span message)
{
	uint8_t mac[HASH_SIZE];

	hmac(key, message, mac);
	hmac_key_done(key);
	hmac_key_init(key, (struct span){ (const char *)mac, sizeof(mac) });
	wipe(mac, sizeof(mac));
}

/* The key of the chain's first link: "AWS4" and the secret. */
static void start(struct hmac_key *key, struct span secret)
{
	static const char prefix[4] = "AWS4";
	uint8_t text[64];
	size_t len = sizeof(prefix) + secret.len;

	if (len <= sizeof(text)) {
		memcpy(text, prefix, sizeof(prefix));
		memcpy(text + sizeof(prefix), secret.at, secret.len);
	} else {
		/* HMAC would hash such a long key itself: no need to join. */
		struct hash hash;
		hash_init(&hash);
		hash_update(&hash, (struct span){ prefix, sizeof(prefix) });
		hash_update(&hash, secret);
		hash_final(&hash, text);
		len = HASH_SIZE;
	}
	hmac_key_init(key, (struct span){ (const char *)text, len });
	wipe(text, sizeof(text));
}

void sigv4_key_init(
    struct sigv4_key *key, struct span secret, struct span region, int64_t now)
{
	struct stamps stamps;

	key->day = now / DAY;
	write_stamps(&stamps, now);
	start(&key->key, secret);
	derive(&key->key, stamps.date);
	derive(&key->key, region);
	derive(&key->key, span_of(SERVICE));
	derive(&key->key, span_of(TERMINATOR));
}

void sigv4_key_done(struct sigv4_key *key)
{
	hmac_key_done(&key->key);
	wipe(key, sizeof(*key));
}

bool sigv4_key_current(const struct sigv4_key *key, int64_t now)
{
	return key->day == now / DAY;
}

/* Where `host` stands among the sorted headers. */
static size_t host_place(const struct sigv4_request *request)
{
	size_t place = 0;

	while (place < request->header_count) {
		struct span name = request->headers[place].name;
		size_t len = name.len < 4 ? name.len : 4;
		int order = memcmp(name.at, "host", len);
		if (order > 0 || (order == 0 && name.len > 4))
			break;
		place++;
	}
	return place;
}

/* Header number i of all that are signed. */
static struct sigv4_pair header_at(
    const struct sigv4_request *request, size_t place, size_t i)
{
	if (i == place)
		return (struct sigv4_pair){ span_of("host"), request->host };
	return request->headers[i < place ? i : i - 1];
}

static void add_signed_headers(
    struct buf *out, const struct sigv4_request *request, const char *sep)
{
	size_t place = host_place(request);

	for (size_t i = 0; i <= request->header_count; i++) {
		buf_text(out, i ? sep : "");
		buf_add(out, header_at(request, place, i).name);
	}
}

static void add_canonical_headers(
    struct buf *out, const struct sigv4_request *request)
{
	size_t place = host_place(request);

	for (size_t i = 0; i <= request->header_count; i++) {
		struct sigv4_pair header = header_at(request, place, i);

		buf_add(out, header.name);
		buf_char(out, ':');
		buf_add(out, header.value);
		buf_char(out, '\n');
	}
}

void sigv4_query(struct buf *out, const struct sigv4_request *request)
{
	struct stamps stamps;

	write_stamps(&stamps, request->now);
	buf_text(out, "X-Amz-Algorithm=" ALGORITHM "&X-Amz-Credential=");
	uri_encode(out, request->access_key_id);
	buf_text(out, "%2F");
	buf_add(out, stamps.date);
	buf_text(out, "%2F");
	uri_encode(out, request->region);
	buf_text(out, "%2F" SERVICE "%2F" TERMINATOR "&X-Amz-Date=");
	buf_add(out, stamps.time);
	buf_text(out, "&X-Amz-Expires=");
	buf_u64(out, request->expires);
	if (request->session_token.len > 0) {
		buf_text(out, "&X-Amz-Security-Token=");
		uri_encode(out, request->session_token);
	}
	buf_text(out, "&X-Amz-SignedHeaders=");
	add_signed_headers(out, request, "%3B");
	for (size_t i = 0; i < request->query_count; i++) {
		buf_char(out, '&');
		uri_encode(out, request->query[i].name);
		buf_char(out, '=');
		uri_encode(out, request->query[i].value);
	}
}

void sigv4_canonical_request(
    struct buf *out, const struct sigv4_request *request, struct span query)
{
	buf_add(out, request->method);
	buf_char(out, '\n');
	buf_add(out, request->path);
	buf_char(out, '\n');
	buf_add(out, query);
	buf_char(out, '\n');
	add_canonical_headers(out, request);
	buf_char(out, '\n');
	add_signed_headers(out, request, ";");
	buf_text(out, "\nUNSIGNED-PAYLOAD");
}

void sigv4_string_to_sign(struct buf *out, const struct sigv4_request *request,
    struct span canonical_request)
{
	uint8_t digest[HASH_SIZE];
	struct stamps stamps;

	write_stamps(&stamps, request->now);
	buf_text(out, ALGORITHM "\n");
	buf_add(out, stamps.time);
	buf_char(out, '\n');
	buf_add(out, stamps.date);
	buf_char(out, '/');
	buf_add(out, request->region);
	buf_text(out, "/" SERVICE "/" TERMINATOR "\n");
	sha256(canonical_request, digest);
	hex_encode(out, digest, sizeof(digest));
}

bool sigv4_presign(const struct sigv4_request *request,
    const struct sigv4_key *key, struct buf *out)
{
	char memory[WORK_SIZE];
	struct buf canonical = buf_of(memory, sizeof memory);
	char sign_memory[512];
	struct buf to_sign = buf_of(sign_memory, sizeof sign_memory);
	uint8_t mac[HASH_SIZE];
	size_t from = out->len;

	if (!sigv4_key_current(key, request->now))
		return false;
	sigv4_query(out, request);
	sigv4_canonical_request(
	    &canonical, request, span_from(buf_span(out), from));
	sigv4_string_to_sign(&to_sign, request, buf_span(&canonical));
	if (!buf_ok(out) || !buf_ok(&canonical) || !buf_ok(&to_sign))
		return false;
	hmac(&key->key, buf_span(&to_sign), mac);
	buf_text(out, "&X-Amz-Signature=");
	hex_encode(out, mac, sizeof(mac));
	return buf_ok(out);
}
