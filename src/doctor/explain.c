#include "doctor/explain.h"

#include "doctor/private.h"
#include "doctor/text_url.h"

#include <string.h>

/* AWS and others tell the request that they received. Without that, request
 * has no method. */
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
	struct span rest;

	buf_init(&text, memory, sizeof memory);
	if (!xml_text(xml, "StringToSign", &text))
		return false;
	rest = buf_span(&text);
	span_cut(&rest, '\n');
	span_cut(&rest, '\n');
	if (!rest.at)
		return false;
	span_cut(&rest, '/');
	rest = span_first(rest, span_find(rest, '/'));
	if (span_equal(rest, storage->s3->region))
		return false;
	say(out,
	    "region: slotd signs for \"%.*s\", the string to sign has "
	    "\"%.*s\".\n",
	    ARG(storage->s3->region), ARG(rest));
	return true;
}

static bool explain_xml(const struct conf_storage *storage, struct span xml,
    const struct signed_request *request, int64_t now, struct buf *out)
{
	char code_memory[128], memory[512];
	struct buf code, part;

	buf_init(&code, code_memory, sizeof code_memory);
	buf_init(&part, memory, sizeof memory);
	if (!code_element(xml, "Code", &code)) {
		say(out, "This is not a store's error: it has no <Code>.\n");
		return true;
	}
	say(out, "The store answered %s", code.at);
	if (code_element(xml, "Message", &part))
		say(out, ": %s", part.at);
	say(out, "\n");
	if (storage->s3_creds.access_key_id.len &&
	    code_element(xml, "AWSAccessKeyId", &part) &&
	    !span_equal(buf_span(&part), storage->s3_creds.access_key_id)) {
		say(out,
		    "access key id: slotd signs with %.*s, the store got "
		    "%s.\nThe URL comes from another slotd, or from another "
		    "configuration.\n",
		    ARG(storage->s3_creds.access_key_id), part.at);
		return true;
	}
	if (storage->s3_creds.access_key_id.len &&
	    strcmp(code.at, "SignatureDoesNotMatch") == 0 &&
	    (explain_parts(storage, xml, *request, now, out) ||
		explain_string(storage, xml, out)))
		return true;
	if (!code_tell(storage, code.at, xml, out))
		say(out, "slotd does not know this code: see the store's "
			 "documentation and log.\n");
	return true;
}

/* Whether path is the base's or below it, segment by segment. */
static bool below(const struct uri_base *base, struct span path)
{
	const struct span rest = span_from(path, base->path.len);

	return span_equal(span_first(path, base->path.len), base->path) &&
	       (!rest.len || *rest.at == '/');
}

/* What is known about the request that failed. */
struct trace {
	struct signed_request request; /* host is empty when not known */
	struct span bucket;
	struct span access_key_id;
};

/* How well a request fits a base: longer is better; 0: not at all. */
static size_t fit_base(
    const struct uri_base *base, const struct signed_request *request)
{
	if (!span_equal(base->host, request->host))
		return 0;
	return below(base, request->path) ? 4 + base->path.len : 3;
}

static size_t fit(const struct conf_storage *storage, const struct trace *trace)
{
	size_t own = fit_base(&storage->s3->bucket, &trace->request);
	size_t other = fit_base(&storage->s3->download, &trace->request);

	if (own || other)
		return own > other ? own : other;
	if (trace->bucket.len &&
	    span_equal(bucket_of(storage->s3).name, trace->bucket))
		return 2;
	return span_equal(
	    storage->s3_creds.access_key_id, trace->access_key_id);
}

/* The storage that fits best. At least one must have type s3. */
static const struct conf_storage *storage_of(
    const struct conf *conf, const struct trace *trace)
{
	const struct conf_storage *best = NULL;

	for (size_t i = 0; i < conf->storage_count; i++) {
		const struct conf_storage *at = &conf->storages[i];

		if (at->s3 && (!best || fit(at, trace) > fit(best, trace)))
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
	if (code_element(xml, "BucketName", &bucket))
		trace.bucket = buf_span(&bucket);
	if (code_element(xml, "AWSAccessKeyId", &key))
		trace.access_key_id = buf_span(&key);
	return explain_xml(
	    storage_of(conf, &trace), xml, &trace.request, now, out);
}

/* Only a PUT signs content-length. */
static bool for_upload(const struct signed_request *request)
{
	char memory[256];
	struct buf headers;

	buf_init(&headers, memory, sizeof memory);
	return signed_parameter(request, "X-Amz-SignedHeaders", &headers) &&
	       span_starts(buf_span(&headers), "content-length");
}

static bool explain_url(const struct conf *conf, struct trace *trace,
    enum text_label label, int64_t now, struct buf *out)
{
	const struct conf_storage *storage;
	char memory[512];
	struct buf credential;

	if (label != TEXT_BARE &&
	    for_upload(&trace->request) != (label == TEXT_PUT)) {
		say(out, "this URL is signed for another method: put and get "
			 "are swapped.\n");
		return true;
	}
	buf_init(&credential, memory, sizeof memory);
	if (signed_parameter(&trace->request, "X-Amz-Credential", &credential))
		trace->access_key_id = span_first(buf_span(&credential),
		    span_find(buf_span(&credential), '/'));
	storage = storage_of(conf, trace);
	if (storage->s3_creds.access_key_id.len)
		return explain_request(storage, &trace->request, now, out);
	say(out,
	    "storage %.*s has no credentials now, so slotd cannot check the "
	    "signature.\n",
	    ARG(storage->name));
	return true;
}

/* Explains each URL that is signed or that a slot calls put or get. Gives their
 * number. */
static unsigned explain_urls(const struct conf *conf, struct span text,
    int64_t now, struct buf *out, bool *ret_found)
{
	static const char *const names[] = { "", "put: ", "get: " };
	char memory[DOCTOR_URL_SIZE];
	struct buf url;
	enum text_label label;
	unsigned count = 0;

	buf_init(&url, memory, sizeof memory);
	while (text_next_url(&text, &url, &label)) {
		struct trace trace = { 0 };
		const bool is_signed =
		    signed_read_url(buf_span(&url), &trace.request);

		if (!is_signed && label == TEXT_BARE)
			continue;
		count++;
		say(out, "%s", names[label]);
		if (!is_signed)
			say(out, "this URL has no X-Amz-Signature, so no store "
				 "checks a signature.\n");
		else if (explain_url(conf, &trace, label, now, out))
			*ret_found = true;
	}
	return count;
}

static bool has_s3(const struct conf *conf)
{
	for (size_t i = 0; i < conf->storage_count; i++)
		if (conf->storages[i].s3)
			return true;
	return false;
}

static bool explain_any(
    const struct conf *conf, struct span text, int64_t now, struct buf *out)
{
	bool found = false;

	if (!has_s3(conf)) {
		say(out, "The configuration has no storage of type s3. If "
			 "slotd itself refused a request, its\nlog says why: "
			 "journalctl -u slotd\n");
		return true;
	}
	text = span_trim(text, " \t\r\n\"'");
	if (!memmem(text.at, text.len, "<Code>", 6) &&
	    explain_urls(conf, text, now, out, &found))
		return found;
	if (span_starts(text, "<"))
		return explain_answer(conf, text, now, out);
	if (conf->public_url.len && text.len > conf->public_url.len &&
	    span_equal(
		span_first(text, conf->public_url.len), conf->public_url)) {
		say(out,
		    "This URL leads to slotd itself, not to a store. If "
		    "slotd refused it, its log says why:\n"
		    "journalctl -u slotd\n"
		    "To see where slotd redirects it: curl -sI URL\nGive the "
		    "URL behind \"Location:\" to slotd explain.\n");
		return true;
	}
	say(out, "This is neither a store's XML error nor a presigned URL (it "
		 "has no X-Amz-Signature).\n");
	return true;
}

bool explain(
    const struct conf *conf, struct span text, int64_t now, struct buf *out)
{
	const size_t from = out->len;
	const bool found = explain_any(conf, text, now, out);

	say_printable(out, from, "\n");
	return found;
}
