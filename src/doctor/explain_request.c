#include "doctor/private.h"

#include "core/stamp.h"

#include <string.h>

static bool explain_host(const struct conf_storage *storage,
    const struct signed_request *request, struct buf *out)
{
	if (span_equal(request->host, storage->s3->bucket.host) ||
	    span_equal(request->host, storage->s3->download.host))
		return false;
	return explain_differ(out, "host", storage->s3->bucket.host,
	    request->host,
	    "Most likely a proxy in front of the store changes the Host "
	    "header\n(nginx: proxy_set_header Host $http_host;), or bucket_url "
	    "names another host or port than clients use.\n");
}

/* Whether the path has %25XX, which is %XX encoded again. */
static bool twice(struct span path)
{
	for (size_t i = 0; i + 4 < path.len; i++)
		if (span_starts(span_from(path, i), "%25") &&
		    strspn(path.at + i + 3, "0123456789ABCDEFabcdef") >= 2)
			return true;
	return false;
}

/* Whether both are the same when decoded. */
static bool same_name(struct span a, struct span b)
{
	char a_memory[4096], b_memory[4096];
	struct buf a_plain, b_plain;

	buf_init(&a_plain, a_memory, sizeof a_memory);
	buf_init(&b_plain, b_memory, sizeof b_memory);
	return uri_decode(&a_plain, a) && uri_decode(&b_plain, b) &&
	       span_equal(buf_span(&a_plain), buf_span(&b_plain));
}

/* The first segments of a path, as many as base has. */
static struct span base_part(struct span path, struct span base)
{
	size_t at = 0;

	for (size_t i = 0; i < base.len; i++)
		if (base.at[i] == '/')
			at += 1 + span_find(span_from(path, at + 1), '/');
	return span_first(path, at < path.len ? at : path.len);
}

static bool explain_base(struct span base, struct span path, struct buf *out)
{
	if (span_equal(span_first(path, base.len), base))
		return false;
	if (same_name(base_part(path, base), base))
		return explain_differ(out, "path begins with", base, path,
		    "Bucket and prefix are the same, but encoded in another "
		    "way. Stores accept only the first: this URL\nwas made "
		    "with another spelling of bucket_url.\n");
	return explain_differ(out, "path begins with", base, path,
	    "A proxy removes or adds a part of the path, or bucket_url names "
	    "another bucket or prefix.\n");
}

static bool explain_path(const struct conf_storage *storage,
    const struct signed_request *request, struct buf *out)
{
	char plain_memory[4096], again_memory[4096];
	struct buf plain, again;
	struct span base = storage->s3->bucket.path;

	if (span_equal(request->host, storage->s3->download.host) &&
	    !span_equal(request->host, storage->s3->bucket.host))
		base = storage->s3->download.path;
	if (explain_base(base, request->path, out))
		return true;
	buf_init(&plain, plain_memory, sizeof plain_memory);
	buf_init(&again, again_memory, sizeof again_memory);
	if (!uri_decode(&plain, request->path))
		return explain_differ(out, "path",
		    span_of("%XX for each such byte"), request->path,
		    "The percent-encoding of the path is malformed.\n");
	uri_encode_path(&again, buf_span(&plain));
	if (twice(request->path)) {
		struct signed_request once = *request;

		once.path = buf_span(&plain);
		/* Unless the file's name contains such a text. */
		if (!request->length.at || !signed_right(request, storage))
			return explain_differ(out, "path", once.path,
			    request->path,
			    "The path is encoded twice: a client or a proxy "
			    "encoded the URL again.\n");
	}
	if (span_equal(buf_span(&again), request->path))
		return false;
	return explain_differ(out, "path", buf_span(&again), request->path,
	    "A client or a proxy decoded or re-encoded the path. It must be "
	    "passed on unchanged\n(nginx: proxy_pass without a URI part).\n");
}

static bool explain_scope(const struct conf_storage *storage,
    const struct signed_request *request, struct buf *out)
{
	char memory[512], date_memory[64];
	struct buf credential, date;
	struct signed_scope scope;

	buf_init(&credential, memory, sizeof memory);
	buf_init(&date, date_memory, sizeof date_memory);
	if (!signed_parameter(request, "X-Amz-Credential", &credential) ||
	    !signed_scope_read(buf_span(&credential), &scope) ||
	    !signed_parameter(request, "X-Amz-Date", &date)) {
		say(out, "X-Amz-Credential or X-Amz-Date is missing or cut "
			 "off: the URL was changed after slotd signed it.\n");
		return true;
	}
	if (!span_equal(scope.access_key_id, storage->s3_creds.access_key_id))
		return explain_differ(out, "access key id",
		    storage->s3_creds.access_key_id, scope.access_key_id,
		    storage->s3_creds.session_token.len
			? "The temporary credentials were renewed, or another "
			  "slotd made the URL. A URL expires with "
			  "the\ncredentials that signed it, whatever "
			  "X-Amz-Expires says.\n"
			: "The URL was made with another key: by another "
			  "slotd, or before the key was changed.\n");
	if (!span_equal(scope.region, storage->s3->region))
		return explain_differ(out, "region", storage->s3->region,
		    scope.region,
		    "The URL was made for another region: by another slotd, "
		    "or before region was changed.\n");
	if (!span_is(scope.service, "s3"))
		return explain_differ(out, "service", span_of("s3"),
		    scope.service, "slotd did not make this URL.\n");
	if (!span_equal(scope.date, span_first(buf_span(&date), 8)))
		return explain_differ(out, "date of the credential",
		    span_first(buf_span(&date), 8), scope.date,
		    "X-Amz-Date or X-Amz-Credential was changed.\n");
	return false;
}

/* Never prints a token. */
static bool explain_token(const struct conf_storage *storage,
    const struct signed_request *request, struct buf *out)
{
	const struct span ours = storage->s3_creds.session_token;
	char memory[CREDS_TOKEN_MAX + 1];
	struct buf token;
	bool there;

	buf_init(&token, memory, sizeof memory);
	there = signed_parameter(request, "X-Amz-Security-Token", &token);
	if (span_equal(buf_span(&token), ours) && there == (ours.len > 0))
		return false;
	say(out,
	    "session token: %s.\nThe temporary credentials were renewed, or "
	    "the URL was changed after slotd signed it. A URL expires\nwith "
	    "the credentials that signed it, whatever X-Amz-Expires says.\n",
	    !there     ? "slotd signs with one, this URL has none"
	    : ours.len ? "this URL has another one than slotd signs with"
		       : "slotd signs without one, this URL has one");
	return true;
}

static bool explain_times(
    const struct signed_request *request, int64_t now, struct buf *out)
{
	char memory[64], date_memory[64];
	struct buf expires, date;
	uint64_t seconds;
	int64_t at;

	buf_init(&expires, memory, sizeof memory);
	buf_init(&date, date_memory, sizeof date_memory);
	if (!signed_parameter(request, "X-Amz-Date", &date) ||
	    !signed_time_read(buf_span(&date), &at) ||
	    !signed_parameter(request, "X-Amz-Expires", &expires) ||
	    !span_u64(buf_span(&expires), &seconds) || seconds < 1 ||
	    seconds > 604800) {
		say(out, "X-Amz-Date or X-Amz-Expires is missing or not valid: "
			 "the URL was changed after slotd signed it.\n");
		return true;
	}
	if (at > now + 900) {
		say(out, "date: the URL was signed at ");
		stamp_rfc3339(out, at);
		say(out, ", and now it is ");
		stamp_rfc3339(out, now);
		say(out, ".\nThe clock of the machine that signed is ahead. "
			 "There, run: timedatectl set-ntp true\n");
		return true;
	}
	if (at + (int64_t)seconds > now)
		return false;
	say(out, "expiry: the URL expired at ");
	stamp_rfc3339(out, at + (int64_t)seconds);
	say(out, ", and now it is ");
	stamp_rfc3339(out, now);
	say(out, ".\nThe client was late, or a clock is wrong. put_ttl and "
		 "get_ttl say how long URLs are valid.\n");
	return true;
}

static bool explain_headers(const struct conf_storage *storage,
    const struct signed_request *request, struct buf *out)
{
	const char *put = storage->s3->sign_content_type
			      ? "content-length;content-type;host"
			      : "content-length;host";
	char memory[256];
	struct buf headers;

	buf_init(&headers, memory, sizeof memory);
	if (!signed_parameter(request, "X-Amz-SignedHeaders", &headers)) {
		say(out, "X-Amz-SignedHeaders is missing: the URL was changed "
			 "after slotd signed it.\n");
		return true;
	}
	if (strcmp(headers.at, put) == 0 || strcmp(headers.at, "host") == 0)
		return false;
	return explain_differ(out, "signed headers", span_of(put),
	    buf_span(&headers),
	    "slotd did not make this URL, or sign_content_type was changed "
	    "since.\n");
}

static bool explain_added(const struct signed_request *request, struct buf *out)
{
	static const char *const known[] = { "X-Amz-Algorithm",
		"X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
		"X-Amz-Security-Token", "X-Amz-SignedHeaders",
		"X-Amz-Signature", "response-content-disposition",
		"response-content-type", "x-amz-acl" };
	struct span rest = request->query;

	while (rest.at) {
		struct span pair = span_cut(&rest, '&');
		struct span name = span_first(pair, span_find(pair, '='));
		size_t i = 0;

		while (i < sizeof known / sizeof *known &&
		       !span_is(name, known[i]))
			i++;
		if (i < sizeof known / sizeof *known)
			continue;
		/* Only the name: the value may be a token or a signature,
		 * under a garbled name such as amp;X-Amz-Signature. */
		return explain_differ(out, "query",
		    span_of("no such parameter"), name,
		    "A client or a proxy has added it, or the URL was cut off "
		    "or HTML-escaped.\n");
	}
	return false;
}

bool explain_request(const struct conf_storage *storage,
    const struct signed_request *request, int64_t now, struct buf *out)
{
	const bool is_url = !request->method.len;

	if (explain_host(storage, request, out) ||
	    explain_path(storage, request, out) ||
	    explain_scope(storage, request, out) ||
	    explain_token(storage, request, out) ||
	    explain_headers(storage, request, out) ||
	    explain_added(request, out))
		return true;
	/* A store that tells what it signed has checked the time already. */
	if (is_url && explain_times(request, now, out))
		return true;
	if (is_url)
		return explain_url_signature(storage, *request, out);
	if (!request->signature.len)
		return false;
	if (!signed_right(request, storage))
		return explain_by_trying(storage, request, out);
	say(out,
	    "slotd signs this request in the same way, so the store has "
	    "another secret for this key id.\nCorrect access_key_secret.\n");
	return true;
}
