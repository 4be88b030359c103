#include "doctor/signed.h"

#include "core/hex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIGNATURE "X-Amz-Signature="
#define LENGTH "content-length:"
#define CANONICAL 20480
#define PARAMETERS 32 /* three times those that slotd signs */

/*
 * Makes signatures again: the canonical request, its hash in the string to
 * sign, and the MAC of that. The body's length comes after the longest part,
 * the query, so many lengths can be tried without hashing the query again.
 */

struct parameter {
	struct span name, value;
};

/* In the one form that is signed: stores decode and encode it again. A plus
 * sign may be a blank to them, so it stays, and is not as slotd signs it. */
static struct span encoded_again(struct span text, struct buf *scratch)
{
	char memory[CANONICAL];
	struct buf plain = buf_of(memory, sizeof memory);
	const size_t from = scratch->len;

	if (span_find(text, '+') < text.len || !uri_decode(&plain, text))
		return text;
	uri_encode(scratch, buf_span(&plain));
	return span_from(buf_span(scratch), from);
}

static int compare(struct span a, struct span b)
{
	const int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_name(const void *a, const void *b)
{
	const struct parameter *x = a, *y = b;
	const int order = compare(x->name, y->name);

	return order ? order : compare(x->value, y->value);
}

/* The query without its signature. Its parameters are signed in the order of
 * their names, whatever order the URL has them in. */
static void add_query(struct buf *out, struct span query)
{
	char memory[CANONICAL];
	struct buf scratch = buf_of(memory, sizeof memory);
	struct parameter list[PARAMETERS] = { 0 };
	size_t count = 0;

	while (query.at && count < PARAMETERS) {
		const struct span pair = span_cut(&query, '&');
		const size_t equals = span_find(pair, '=');

		if (span_starts(pair, SIGNATURE))
			continue;
		list[count].name =
		    encoded_again(span_first(pair, equals), &scratch);
		list[count++].value =
		    encoded_again(span_from(pair, equals + 1), &scratch);
	}
	qsort(list, count, sizeof *list, by_name);
	for (size_t i = 0; i < count; i++) {
		buf_text(out, i ? "&" : "");
		buf_add(out, list[i].name);
		buf_char(out, '=');
		buf_add(out, list[i].value);
	}
	out->full |= query.at || scratch.full;
}

static void add_canonical(
    struct buf *out, const struct signed_request *request, struct span headers)
{
	struct span rest = headers;

	buf_add(out, request->method);
	buf_char(out, '\n');
	buf_add(out, request->path);
	buf_char(out, '\n');
	add_query(out, request->query);
	buf_char(out, '\n');
	while (rest.at) {
		struct span name = span_cut(&rest, ';');

		buf_add(out, name);
		buf_char(out, ':');
		if (span_is(name, "host"))
			buf_add(out, request->host);
		else if (span_is(name, "content-length"))
			buf_add(out, request->length);
		else if (span_is(name, "content-type"))
			buf_add(out, request->type);
		buf_char(out, '\n');
	}
	buf_char(out, '\n');
	buf_add(out, headers);
	buf_text(out, "\nUNSIGNED-PAYLOAD");
}

/* The part that all signatures of one request have in common. */
struct trial {
	struct sigv4_key key;
	struct buf canonical;
	uint8_t wanted[HASH_SIZE];
	char memory[CANONICAL];
};

/* When it gives true, sigv4_key_done must follow. */
static bool begin(const struct signed_request *request,
    const struct conf_storage *storage, struct trial *trial)
{
	char date_memory[64], headers_memory[256];
	struct buf date, headers;
	struct sigv4_request how = { .region = storage->s3->region };

	buf_init(&trial->canonical, trial->memory, sizeof trial->memory);
	buf_init(&date, date_memory, sizeof date_memory);
	buf_init(&headers, headers_memory, sizeof headers_memory);
	if (!signed_parameter(request, "X-Amz-Date", &date) ||
	    !signed_parameter(request, "X-Amz-SignedHeaders", &headers) ||
	    !signed_time_read(buf_span(&date), &how.now) ||
	    !hex_decode(request->signature, HASH_SIZE, trial->wanted))
		return false;
	add_canonical(&trial->canonical, request, buf_span(&headers));
	if (!buf_ok(&trial->canonical))
		return false;
	sigv4_key_init(&trial->key, storage->s3_creds.access_key_secret,
	    how.region, how.now);
	return true;
}

/* Ends `canonical`, the hash of the canonical request. */
static bool fits(struct trial *trial, struct hash *canonical)
{
	uint8_t digest[HASH_SIZE], mac[HASH_SIZE];
	char hex_memory[2 * HASH_SIZE + 1];
	struct hash text;
	struct buf hex;

	buf_init(&hex, hex_memory, sizeof hex_memory);
	hash_final(canonical, digest);
	hex_encode(&hex, digest, sizeof digest);
	hash_copy(&trial->key.moment.begun, &text);
	hash_update(&text, buf_span(&hex));
	hmac_end(&trial->key.key, &text, mac);
	return memcmp(mac, trial->wanted, sizeof mac) == 0;
}

bool signed_right(
    const struct signed_request *request, const struct conf_storage *storage)
{
	struct trial trial;
	struct hash canonical;
	bool right;

	if (!begin(request, storage, &trial))
		return false;
	hash_init(&canonical);
	hash_update(&canonical, buf_span(&trial.canonical));
	right = fits(&trial, &canonical);
	sigv4_key_done(&trial.key);
	return right;
}

static bool try_length(struct trial *trial, const struct hash *before,
    uint64_t length, struct span behind)
{
	char text[24];
	struct hash canonical;
	int len =
	    snprintf(text, sizeof text, "%llu", (unsigned long long)length);

	hash_copy(before, &canonical);
	hash_update(&canonical, (struct span){ text, (size_t)len });
	hash_update(&canonical, behind);
	return fits(trial, &canonical);
}

bool signed_length(const struct signed_request *request,
    const struct conf_storage *storage, uint64_t most, uint64_t *ret_length)
{
	struct trial trial;
	struct signed_request without = *request;
	struct span behind;
	struct hash before;
	uint64_t length = 0;
	const char *at;

	without.length = SPAN_EMPTY;
	if (!begin(&without, storage, &trial))
		return false;
	at = strstr(trial.canonical.at, "\n" LENGTH "\n");
	if (at) {
		behind = span_from(buf_span(&trial.canonical),
		    (size_t)(at - trial.canonical.at) + sizeof LENGTH);
		hash_init(&before);
		hash_update(&before, span_first(buf_span(&trial.canonical),
					 trial.canonical.len - behind.len));
		while (length < most &&
		       !try_length(&trial, &before, length, behind))
			length++;
	}
	sigv4_key_done(&trial.key);
	if (!at || length == most)
		return false;
	*ret_length = length;
	return true;
}
