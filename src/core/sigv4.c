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

static void write_time(char time[SIGV4_TIME_SIZE], int64_t now)
{
	struct buf out = buf_of(time, SIGV4_TIME_SIZE);

	stamp_amz(&out, now);
}

/* 20130524, of such a time. */
static struct span date_of(const char *time)
{
	return (struct span){ time, DATE_LEN };
}

#define LINES 7

/* The string to sign, without its last line. */
static void lines_of(
    const char *time, struct span region, struct span ret_lines[LINES])
{
	const struct span lines[LINES] = {
		span_of(ALGORITHM "\n"),
		{ time, SIGV4_TIME_SIZE - 1 },
		span_of("\n"),
		date_of(time),
		span_of("/"),
		region,
		span_of("/" SERVICE "/" TERMINATOR "\n"),
	};

	memcpy(ret_lines, lines, sizeof lines);
}

static void moment_init(struct sigv4_moment *moment, const struct hmac_key *key,
    struct span region, int64_t now)
{
	struct span lines[LINES];

	moment->now = now;
	write_time(moment->time, now);
	lines_of(moment->time, region, lines);
	hmac_begin(key, &moment->begun);
	for (size_t i = 0; i < LINES; i++)
		hash_update(&moment->begun, lines[i]);
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
	static const char prefix[] = { 'A', 'W', 'S', '4' };
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
	char time[SIGV4_TIME_SIZE];

	key->day = now / DAY;
	write_time(time, now);
	start(&key->key, secret);
	derive(&key->key, date_of(time));
	derive(&key->key, region);
	derive(&key->key, span_of(SERVICE));
	derive(&key->key, span_of(TERMINATOR));
	moment_init(&key->moment, &key->key, region, now);
}

void sigv4_key_done(struct sigv4_key *key)
{
	hmac_key_done(&key->key);
	hash_drop(&key->moment.begun);
	wipe(key, sizeof(*key));
}

bool sigv4_key_current(const struct sigv4_key *key, int64_t now)
{
	return key->day == now / DAY;
}

void sigv4_key_move(struct sigv4_key *key, struct span region, int64_t now)
{
	hash_drop(&key->moment.begun);
	moment_init(&key->moment, &key->key, region, now);
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

static void add_signed_headers(struct buf *out,
    const struct sigv4_request *request, size_t place, struct span sep)
{
	for (size_t i = 0; i <= request->header_count; i++) {
		if (i > 0)
			buf_add(out, sep);
		buf_add(out, header_at(request, place, i).name);
	}
}

static void add_canonical_headers(
    struct buf *out, const struct sigv4_request *request, size_t place)
{
	for (size_t i = 0; i <= request->header_count; i++) {
		struct sigv4_pair header = header_at(request, place, i);

		buf_add(out, header.name);
		buf_char(out, ':');
		buf_add(out, header.value);
		buf_char(out, '\n');
	}
}

static void add_query(struct buf *out, const struct sigv4_request *request,
    size_t place, const char *time)
{
	buf_text(out, "X-Amz-Algorithm=" ALGORITHM "&X-Amz-Credential=");
	uri_encode(out, request->access_key_id);
	buf_text(out, "%2F");
	buf_add(out, date_of(time));
	buf_text(out, "%2F");
	uri_encode(out, request->region);
	buf_text(out, "%2F" SERVICE "%2F" TERMINATOR "&X-Amz-Date=");
	buf_add(out, (struct span){ time, SIGV4_TIME_SIZE - 1 });
	buf_text(out, "&X-Amz-Expires=");
	buf_u64(out, request->expires);
	if (request->session_token.len > 0) {
		buf_text(out, "&X-Amz-Security-Token=");
		uri_encode(out, request->session_token);
	}
	buf_text(out, "&X-Amz-SignedHeaders=");
	add_signed_headers(out, request, place, span_of("%3B"));
	for (size_t i = 0; i < request->query_count; i++) {
		buf_char(out, '&');
		uri_encode(out, request->query[i].name);
		buf_char(out, '=');
		uri_encode(out, request->query[i].value);
	}
}

static void add_canonical_request(struct buf *out,
    const struct sigv4_request *request, size_t place, struct span query)
{
	buf_add(out, request->method);
	buf_char(out, '\n');
	buf_add(out, request->path);
	buf_char(out, '\n');
	buf_add(out, query);
	buf_char(out, '\n');
	add_canonical_headers(out, request, place);
	buf_char(out, '\n');
	add_signed_headers(out, request, place, span_of(";"));
	buf_text(out, "\nUNSIGNED-PAYLOAD");
}

/* The stages for tests. */

void sigv4_query(struct buf *out, const struct sigv4_request *request)
{
	char time[SIGV4_TIME_SIZE];

	write_time(time, request->now);
	add_query(out, request, host_place(request), time);
}

void sigv4_canonical_request(
    struct buf *out, const struct sigv4_request *request, struct span query)
{
	add_canonical_request(out, request, host_place(request), query);
}

void sigv4_string_to_sign(struct buf *out, const struct sigv4_request *request,
    struct span canonical_request)
{
	uint8_t digest[HASH_SIZE];
	char time[SIGV4_TIME_SIZE];
	struct span lines[LINES];

	write_time(time, request->now);
	lines_of(time, request->region, lines);
	for (size_t i = 0; i < LINES; i++)
		buf_add(out, lines[i]);
	sha256(canonical_request, digest);
	hex_encode(out, digest, sizeof(digest));
}

/* Ends the string to sign. */
static void sign(const struct hmac_key *key, const struct sigv4_moment *moment,
    struct span canonical_request, uint8_t ret_mac[HASH_SIZE])
{
	uint8_t digest[HASH_SIZE];
	char memory[2 * HASH_SIZE + 1];
	struct buf hex = buf_of(memory, sizeof memory);
	struct hash running;

	sha256(canonical_request, digest);
	hex_encode(&hex, digest, sizeof(digest));
	hash_copy(&moment->begun, &running);
	hash_update(&running, buf_span(&hex));
	hmac_end(key, &running, ret_mac);
}

static bool presign_at(const struct sigv4_request *request,
    const struct hmac_key *key, const struct sigv4_moment *moment,
    struct buf *out)
{
	UNCLEARED char memory[WORK_SIZE];
	struct buf canonical = buf_of(memory, sizeof memory);
	uint8_t mac[HASH_SIZE];
	size_t from = out->len, place = host_place(request);

	add_query(out, request, place, moment->time);
	add_canonical_request(
	    &canonical, request, place, span_from(buf_span(out), from));
	if (!buf_ok(out) || !buf_ok(&canonical))
		return false;
	sign(key, moment, buf_span(&canonical), mac);
	buf_text(out, "&X-Amz-Signature=");
	hex_encode(out, mac, sizeof(mac));
	return buf_ok(out);
}

bool sigv4_presign(const struct sigv4_request *request,
    const struct sigv4_key *key, struct buf *out)
{
	struct sigv4_moment moment;
	bool ok;

	if (!sigv4_key_current(key, request->now))
		return false;
	if (key->moment.now == request->now)
		return presign_at(request, &key->key, &key->moment, out);
	moment_init(&moment, &key->key, request->region, request->now);
	ok = presign_at(request, &key->key, &moment, out);
	hash_drop(&moment.begun);
	return ok;
}
