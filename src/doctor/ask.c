#include "doctor/private.h"

#include <string.h>

/* Of the object, as metadata: it means nothing to a store. */
#define PROBE_END "2038-01-01T00:00:00Z"

void plain_url(struct buf *out, const struct uri_base *base, const char *path)
{
	say(out, "%.*s://%.*s%.*s%s", ARG(base->scheme), ARG(base->host),
	    ARG(base->path), path);
}

void signed_url(const struct doctor *doctor, struct buf *out,
    const struct uri_base *base, const char *path, struct sigv4_request request)
{
	const struct creds_value *creds = &doctor->storage->s3_creds;
	char memory[2048];
	struct buf whole;
	struct sigv4_key key;

	buf_init(&whole, memory, sizeof memory);
	say(&whole, "%.*s%s", ARG(base->path), *path ? path : "/");
	request.host = base->host;
	request.path = buf_span(&whole);
	request.access_key_id = creds->access_key_id;
	request.session_token = creds->session_token;
	request.region = doctor->storage->s3.region;
	request.now += doctor->clock() - doctor->ahead;
	if (!request.expires)
		request.expires = 300;
	plain_url(out, base, *path ? path : "/");
	buf_char(out, '?');
	sigv4_key_init(
	    &key, creds->access_key_secret, request.region, request.now);
	/* No half of a URL must go out: an empty one goes nowhere. */
	if (!sigv4_presign(&request, &key, out) || !buf_ok(&whole))
		buf_reset(out);
	sigv4_key_done(&key);
}

static bool ask_until(
    struct doctor *doctor, const struct fetch_request *request, int stop)
{
	doctor->fetch(request, stop, &doctor->reply);
	doctor->swift |= doctor->reply.swift;
	doctor->minio |= strcmp(doctor->reply.server, "MinIO") == 0;
	return doctor->reply.result == FETCH_ANSWERED;
}

bool ask(struct doctor *doctor, const struct fetch_request *request)
{
	return ask_until(doctor, request, doctor->stop);
}

void put_url(const struct doctor *doctor, struct buf *out, unsigned how)
{
	const struct s3_config *s3 = &doctor->storage->s3;
	struct sigv4_pair headers[3] = {
		{ span_of("content-length"), span_of(PROBE_LENGTH) },
	};
	const struct sigv4_pair acl = { span_of("x-amz-acl"),
		span_of("public-read") };
	struct sigv4_request put = {
		.method = span_of("PUT"),
		.headers = headers,
		.header_count = 1,
		.query = &acl,
		.query_count = s3->set_public ? 1 : 0,
		.expires = s3->put_ttl,
	};

	if (s3->sign_content_type)
		headers[put.header_count++] =
		    (struct sigv4_pair){ span_of("content-type"),
			    span_of(PROBE_TYPE) };
	if (how & PUT_META)
		headers[put.header_count++] =
		    (struct sigv4_pair){ span_of(S3_META_EXPIRES),
			    span_of(PROBE_END) };
	signed_url(doctor, out, &s3->bucket, PROBE, put);
}

bool ask_put(struct doctor *doctor, struct span body, unsigned how)
{
	char memory[URL_SIZE];
	size_t count = 2;
	struct buf url;
	struct fetch_request request = {
		.method = "PUT",
		.url = memory,
		.headers = { "Content-Type: " PROBE_TYPE,
		    "Origin: " BROWSER_ORIGIN },
		.body = body,
		.expect = how & PUT_EXPECT,
	};

	buf_init(&url, memory, sizeof memory);
	if (how & PUT_CONDITION)
		request.headers[count++] = "If-None-Match: *";
	if (how & PUT_META)
		request.headers[count++] = S3_META_EXPIRES ": " PROBE_END;
	put_url(doctor, &url, how);
	if ((how & PUT_FORGED) && url.len)
		url.at[url.len - 1] = url.at[url.len - 1] == '0' ? '1' : '0';
	doctor->touched = true;
	return ask(doctor, &request);
}

bool ask_signed(struct doctor *doctor, const char *method,
    const struct uri_base *base, const char *path, const char *query, bool must)
{
	const struct sigv4_pair pair = { span_of(query), SPAN_EMPTY };
	const struct sigv4_request signing = {
		.method = span_of(method),
		.query = &pair,
		.query_count = query ? 1 : 0,
	};
	char memory[URL_SIZE];
	struct buf url;
	const struct fetch_request request = { .method = method,
		.url = memory };

	buf_init(&url, memory, sizeof memory);
	signed_url(doctor, &url, base, path, signing);
	return ask_until(doctor, &request, must ? -1 : doctor->stop);
}

bool unsure_of(const struct doctor *doctor)
{
	return doctor->reply.result != FETCH_ANSWERED ||
	       (doctor->reply.status >= 500 && doctor->reply.status != 501);
}

enum verdict unanswered(struct doctor *doctor, const char *what)
{
	seen(doctor, "%s: ", what);
	seen_answer(doctor);
	change(doctor, "Run slotd doctor again: this could not be judged.\n");
	return VERDICT_WARNING;
}

/* What came instead of an answer. */
static void seen_no_answer(struct doctor *doctor)
{
	const struct fetch_reply *reply = &doctor->reply;

	switch (reply->result) {
	case FETCH_STOPPED:
		seen(doctor, "interrupted");
		break;
	case FETCH_TIMEOUT:
		seen(doctor, "no answer in time (%s)", reply->error);
		break;
	default:
		seen(doctor, "no answer: %s", reply->error);
	}
}

/* What a store says stands on our terminal: printable ASCII alone. */
static void say_foreign(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		buf_char(out,
		    text.at[i] >= ' ' && text.at[i] <= '~' ? text.at[i] : '?');
}

void answer_code(const struct doctor *doctor, struct buf *out)
{
	char memory[64];
	struct buf code;

	buf_init(&code, memory, sizeof memory);
	if (xml_text(
		(struct span){ doctor->reply.body, doctor->reply.body_len },
		"Code", &code))
		say_foreign(out, buf_span(&code));
}

void seen_answer(struct doctor *doctor)
{
	const struct fetch_reply *reply = &doctor->reply;
	const struct span body = { reply->body, reply->body_len };
	char code_memory[64], message_memory[512];
	struct buf code, message;

	if (reply->result != FETCH_ANSWERED) {
		seen_no_answer(doctor);
		return;
	}
	buf_init(&code, code_memory, sizeof code_memory);
	buf_init(&message, message_memory, sizeof message_memory);
	answer_code(doctor, &code);
	seen(doctor, "%u", reply->status);
	if (code.len)
		seen(doctor, " %s", code.at);
	if (xml_text(body, "Message", &message) && message.len) {
		buf_text(&doctor->finding.seen, " (\"");
		say_foreign(&doctor->finding.seen, buf_span(&message));
		buf_text(&doctor->finding.seen, "\")");
	}
}
