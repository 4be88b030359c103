#include "doctor/signed.h"

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
