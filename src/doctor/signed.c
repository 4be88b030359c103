#include "doctor/signed.h"

#include "core/hex.h"

#include <string.h>
#include <time.h>

#define SIGNATURE "X-Amz-Signature="

static size_t find_signature(struct span query)
{
	const char *at =
	    memmem(query.at, query.len, SIGNATURE, sizeof SIGNATURE - 1);

	return at ? (size_t)(at - query.at) : query.len;
}

bool signed_read_url(struct span url, struct signed_request *ret_signed)
{
	struct signed_request request = { 0 };
	const char *mark = memmem(url.at, url.len, "://", 3);
	size_t from, at;

	if (!mark)
		return false;
	url = span_from(url, (size_t)(mark - url.at) + 3);
	url = span_first(url, span_find(url, '#'));
	from = span_find(url, '?');
	request.query = span_from(url, from + 1);
	url = span_first(url, from);
	request.host = span_first(url, span_find(url, '/'));
	request.path = span_from(url, request.host.len);
	at = find_signature(request.query);
	if (at == request.query.len)
		return false;
	request.signature = span_from(request.query, at + sizeof SIGNATURE - 1);
	request.signature =
	    span_first(request.signature, span_find(request.signature, '&'));
	*ret_signed = request;
	return true;
}

bool signed_read_canonical(struct span text, struct signed_request *ret_signed)
{
	struct signed_request request = { 0 };

	request.method = span_cut(&text, '\n');
	request.path = span_cut(&text, '\n');
	request.query = span_cut(&text, '\n');
	while (text.at) {
		struct span line = span_trim(span_cut(&text, '\n'), "\r");
		size_t colon = span_find(line, ':');
		struct span name = span_first(line, colon);
		struct span value = span_from(line, colon + 1);

		if (!line.len)
			break;
		if (!value.at)
			value = SPAN_EMPTY;
		if (span_is(name, "host"))
			request.host = value;
		else if (span_is(name, "content-length"))
			request.length = value;
		else if (span_is(name, "content-type"))
			request.type = value;
	}
	if (!text.at)
		return false;
	*ret_signed = request;
	return true;
}

bool signed_parameter(
    const struct signed_request *request, const char *name, struct buf *out)
{
	struct span rest = request->query;

	while (rest.at) {
		struct span pair = span_cut(&rest, '&');
		size_t equals = span_find(pair, '=');

		if (span_is(span_first(pair, equals), name))
			return uri_decode(out, span_from(pair, equals + 1));
	}
	return false;
}

bool signed_scope_read(struct span credential, struct signed_scope *ret_scope)
{
	struct signed_scope scope;
	struct span rest = credential;

	scope.access_key_id = span_cut(&rest, '/');
	scope.date = span_cut(&rest, '/');
	scope.region = span_cut(&rest, '/');
	scope.service = span_cut(&rest, '/');
	if (!rest.at)
		return false;
	*ret_scope = scope;
	return true;
}

bool signed_time_read(struct span stamp, int64_t *ret_seconds)
{
	char text[17] = "";
	struct tm parts = { 0 };
	const char *end;

	if (stamp.len != 16)
		return false;
	memcpy(text, stamp.at, 16);
	end = strptime(text, "%Y%m%dT%H%M%SZ", &parts);
	if (!end || *end)
		return false;
	*ret_seconds = timegm(&parts);
	return true;
}

/* The query without its signature. */
static void add_query(struct buf *out, struct span query)
{
	size_t before = out->len;

	while (query.at) {
		struct span pair = span_cut(&query, '&');

		if (span_starts(pair, SIGNATURE))
			continue;
		if (out->len > before)
			buf_char(out, '&');
		buf_add(out, pair);
	}
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

bool signed_right(
    const struct signed_request *request, const struct conf_storage *storage)
{
	char canonical_memory[16384], text_memory[512], date_memory[64];
	char headers_memory[256], hex_memory[2 * HASH_SIZE + 1];
	struct buf canonical, text, date, headers, hex;
	struct sigv4_request how = { .region = storage->s3.region };
	struct sigv4_key key;
	uint8_t mac[HASH_SIZE];

	buf_init(&canonical, canonical_memory, sizeof canonical_memory);
	buf_init(&text, text_memory, sizeof text_memory);
	buf_init(&date, date_memory, sizeof date_memory);
	buf_init(&headers, headers_memory, sizeof headers_memory);
	buf_init(&hex, hex_memory, sizeof hex_memory);
	if (!signed_parameter(request, "X-Amz-Date", &date) ||
	    !signed_parameter(request, "X-Amz-SignedHeaders", &headers) ||
	    !signed_time_read(buf_span(&date), &how.now))
		return false;
	add_canonical(&canonical, request, buf_span(&headers));
	sigv4_string_to_sign(&text, &how, buf_span(&canonical));
	if (!buf_ok(&canonical) || !buf_ok(&text))
		return false;
	sigv4_key_init(
	    &key, storage->s3_creds.access_key_secret, how.region, how.now);
	hmac(&key.key, buf_span(&text), mac);
	sigv4_key_done(&key);
	hex_encode(&hex, mac, sizeof mac);
	return span_equal(buf_span(&hex), request->signature);
}
