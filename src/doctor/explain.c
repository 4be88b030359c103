#include "doctor/explain.h"

#include "doctor/explain_private.h"

/* The text of an element, for one line on a terminal. */
static bool element(struct span xml, const char *name, struct buf *out)
{
	buf_reset(out);
	if (!xml_text(xml, name, out) || !out->len)
		return false;
	for (size_t i = 0; i < out->len; i++)
		if (out->at[i] < ' ' || out->at[i] > '~')
			out->at[i] = '?';
	return true;
}

/* By the code alone: all that Ceph RGW tells. */
static const struct {
	const char *code;
	const char *sentence;
} causes[] = {
	{ "SignatureDoesNotMatch",
	    "The store made another signature. In the order of likelihood: "
	    "another secret; a body of another length\nthan the slot's, or "
	    "chunked; a proxy that rewrites Host or the path; another method "
	    "or Content-Type.\nGive the URL that was used to slotd explain: "
	    "it tells more.\n" },
	{ "InvalidAccessKeyId",
	    "The store does not know this key id: a typing error in "
	    "access_key_id, a deleted key, another store.\n" },
	{ "NoSuchBucket",
	    "The bucket in bucket_url does not exist there, or bucket_url "
	    "names none.\n" },
	{ "NoSuchKey", "The object was never uploaded, or is deleted.\n" },
	{ "InvalidToken", "session_token is wrong, or of another key.\n" },
	{ "ExpiredToken", "session_token has expired.\n" },
	{ "MethodNotAllowed", "bucket_url is no S3 endpoint, or it lacks the "
			      "bucket.\n" },
	{ "AccessControlListNotSupported",
	    "The bucket has ACLs disabled: set_public = false.\n" },
	{ "MissingContentLength",
	    "The client sent its body chunked; a slot needs a "
	    "Content-Length.\n" },
	{ "NotImplemented",
	    "Most likely the client sent its body chunked; a slot needs a "
	    "Content-Length.\n" },
	{ "EntityTooLarge", "The store has a limit below this size.\n" },
};

static bool explain_time(struct span xml, struct buf *out)
{
	char request_memory[64], server_memory[64];
	struct buf request, server;

	buf_init(&request, request_memory, sizeof request_memory);
	buf_init(&server, server_memory, sizeof server_memory);
	say(out, "The clocks of slotd and of the store differ by too much");
	if (element(xml, "RequestTime", &request) &&
	    element(xml, "ServerTime", &server))
		say(out, ": slotd signed at %s, the store had %s", request.at,
		    server.at);
	say(out, ".\nRun NTP on both: timedatectl set-ntp true\n");
	return true;
}

static bool explain_denied(struct span xml, struct buf *out)
{
	char memory[512], end_memory[64], now_memory[64];
	struct buf message, end, now;

	buf_init(&message, memory, sizeof memory);
	buf_init(&end, end_memory, sizeof end_memory);
	buf_init(&now, now_memory, sizeof now_memory);
	element(xml, "Message", &message);
	if (memmem(message.at, message.len, "expired", 7)) {
		say(out, "The URL has expired");
		if (element(xml, "Expires", &end) &&
		    element(xml, "ServerTime", &now))
			say(out, " at %s; the store had %s", end.at, now.at);
		say(out, ".\nThe client was late, or slotd's clock is behind. "
			 "put_ttl sets how long slots live.\n");
		return true;
	}
	say(out,
	    "The signature is right or was not looked at; what is missing is "
	    "a right: s3:PutObject (or s3:GetObject)\nfor this key, or for "
	    "everybody where the URL is not signed. On RGW it is also the "
	    "answer to an expired URL.\n");
	return true;
}

static bool explain_region(
    const struct conf_storage *storage, struct span xml, struct buf *out)
{
	char memory[128];
	struct buf region;

	buf_init(&region, memory, sizeof memory);
	if (!element(xml, "Region", &region) ||
	    span_equal(buf_span(&region), storage->s3.region)) {
		say(out,
		    "The credential is not as the store expects it: most "
		    "likely the region (%.*s).\n",
		    ARG(storage->s3.region));
		return true;
	}
	say(out,
	    "region: slotd signs for \"%.*s\", the store is in \"%s\".\n"
	    "Set region = \"%s\" in storage.\n",
	    ARG(storage->s3.region), region.at, region.at);
	return true;
}

static bool explain_code(const struct conf_storage *storage, struct span xml,
    const char *code, struct buf *out)
{
	if (strcmp(code, "RequestTimeTooSkewed") == 0)
		return explain_time(xml, out);
	if (strcmp(code, "AccessDenied") == 0)
		return explain_denied(xml, out);
	if (strcmp(code, "AuthorizationHeaderMalformed") == 0 ||
	    strcmp(code, "AuthorizationQueryParametersError") == 0)
		return explain_region(storage, xml, out);
	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
		if (strcmp(code, causes[i].code) == 0) {
			say(out, "%s", causes[i].sentence);
			return true;
		}
	say(out, "slotd knows no cause for this code.\n");
	return true;
}

/* AWS and others tell what they made of the request; it has no method where
 * the store has told nothing. */
static bool explain_parts(const struct conf_storage *storage, struct span xml,
    struct signed_request request, int64_t now, struct buf *out)
{
	char memory[128];
	struct buf signature;

	buf_init(&signature, memory, sizeof memory);
	if (!request.method.len)
		return false;
	if (xml_text(xml, "SignatureProvided", &signature))
		request.signature = buf_span(&signature);
	return explain_request(storage, &request, now, out);
}

static bool explain_string(
    const struct conf_storage *storage, struct span xml, struct buf *out)
{
	char memory[1024];
	struct buf text;
	struct span rest, date;

	buf_init(&text, memory, sizeof memory);
	if (!xml_text(xml, "StringToSign", &text))
		return false;
	rest = buf_span(&text);
	span_cut(&rest, '\n');
	span_cut(&rest, '\n');
	if (!rest.at)
		return false;
	date = span_cut(&rest, '/');
	(void)date;
	rest = span_first(rest, span_find(rest, '/'));
	if (span_equal(rest, storage->s3.region))
		return false;
	say(out,
	    "region: slotd signs for \"%.*s\", the string to sign has "
	    "\"%.*s\".\n",
	    ARG(storage->s3.region), ARG(rest));
	return true;
}

static bool explain_xml(const struct conf_storage *storage, struct span xml,
    const struct signed_request *request, int64_t now, struct buf *out)
{
	char code_memory[128], memory[512];
	struct buf code, part;

	buf_init(&code, code_memory, sizeof code_memory);
	buf_init(&part, memory, sizeof memory);
	if (!element(xml, "Code", &code)) {
		say(out, "This is no store's error: it has no Code.\n");
		return true;
	}
	say(out, "The store answered %s", code.at);
	if (element(xml, "Message", &part))
		say(out, ": %s", part.at);
	say(out, "\n");
	if (element(xml, "AWSAccessKeyId", &part) &&
	    !span_equal(buf_span(&part), storage->s3_creds.access_key_id)) {
		say(out,
		    "access key id: slotd signs with %.*s, the store got "
		    "%s.\nThe URL is of another slotd, or of another "
		    "configuration.\n",
		    ARG(storage->s3_creds.access_key_id), part.at);
		return true;
	}
	if (strcmp(code.at, "SignatureDoesNotMatch") == 0 &&
	    (explain_parts(storage, xml, *request, now, out) ||
		explain_string(storage, xml, out)))
		return true;
	return explain_code(storage, xml, code.at, out);
}

/* Whether path is below a base, whose own path ends at a border. */
static bool below(const struct uri_base *base, struct span path)
{
	const struct span rest = span_from(path, base->path.len);

	return span_equal(span_first(path, base->path.len), base->path) &&
	       (!rest.len || *rest.at == '/');
}

/* What is known of where a request went. */
struct trace {
	struct signed_request request; /* no host: not known */
	struct span bucket;
	struct span access_key_id;
};

/* How well a request fits a base: the longest one counts. 0: not at all. */
static size_t fit_base(
    const struct uri_base *base, const struct signed_request *request)
{
	if (!span_equal(base->host, request->host))
		return 0;
	return below(base, request->path) ? 4 + base->path.len : 3;
}

static size_t fit(const struct conf_storage *storage, const struct trace *trace)
{
	size_t own = fit_base(&storage->s3.bucket, &trace->request);
	size_t other = fit_base(&storage->s3.download, &trace->request);

	if (own || other)
		return own > other ? own : other;
	if (trace->bucket.len &&
	    span_equal(bucket_of(&storage->s3).name, trace->bucket))
		return 2;
	return span_equal(
	    storage->s3_creds.access_key_id, trace->access_key_id);
}

/* The storage that it most likely belongs to; there is one of type s3. */
static const struct conf_storage *storage_of(
    const struct conf *conf, const struct trace *trace)
{
	const struct conf_storage *best = NULL;

	for (size_t i = 0; i < conf->storage_count; i++) {
		const struct conf_storage *at = &conf->storages[i];

		if (at->type == CONF_STORE_S3 &&
		    (!best || fit(at, trace) > fit(best, trace)))
			best = at;
	}
	return best;
}

static bool explain_answer(
    const struct conf *conf, struct span xml, int64_t now, struct buf *out)
{
	char canonical_memory[16384], bucket_memory[256], key_memory[256];
	struct buf canonical, bucket, key;
	struct trace trace = { 0 };

	buf_init(&canonical, canonical_memory, sizeof canonical_memory);
	buf_init(&bucket, bucket_memory, sizeof bucket_memory);
	buf_init(&key, key_memory, sizeof key_memory);
	if (xml_text(xml, "CanonicalRequest", &canonical))
		signed_read_canonical(buf_span(&canonical), &trace.request);
	if (element(xml, "BucketName", &bucket))
		trace.bucket = buf_span(&bucket);
	if (element(xml, "AWSAccessKeyId", &key))
		trace.access_key_id = buf_span(&key);
	return explain_xml(
	    storage_of(conf, &trace), xml, &trace.request, now, out);
}

static bool explain_url(
    const struct conf *conf, struct span url, int64_t now, struct buf *out)
{
	char memory[512];
	struct buf credential;
	struct trace trace = { 0 };

	if (!signed_read_url(url, &trace.request)) {
		say(out, "This is neither a store's XML error nor a presigned "
			 "URL (it has no X-Amz-Signature).\n");
		return true;
	}
	buf_init(&credential, memory, sizeof memory);
	if (signed_parameter(&trace.request, "X-Amz-Credential", &credential))
		trace.access_key_id = span_first(buf_span(&credential),
		    span_find(buf_span(&credential), '/'));
	return explain_request(
	    storage_of(conf, &trace), &trace.request, now, out);
}

static bool explain_any(
    const struct conf *conf, struct span text, int64_t now, struct buf *out)
{
	if (!conf_has_store(conf, CONF_STORE_S3)) {
		say(out, "There is no storage of type s3 in this file.\n");
		return true;
	}
	text = span_trim(text, " \t\r\n\"'");
	if (span_starts(text, "<"))
		return explain_answer(conf, text, now, out);
	return explain_url(conf, text, now, out);
}

bool explain(
    const struct conf *conf, struct span text, int64_t now, struct buf *out)
{
	const size_t from = out->len;
	const bool found = explain_any(conf, text, now, out);

	/* What others wrote cannot play with the terminal. */
	for (size_t i = from; i < out->len; i++)
		if ((out->at[i] < ' ' || out->at[i] > '~') &&
		    out->at[i] != '\n')
			out->at[i] = '?';
	return found;
}
