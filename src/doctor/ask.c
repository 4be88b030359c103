#include "doctor/private.h"

#include <string.h>

/* Metadata of the object, without effect on the store. */
#define PROBE_END "2038-01-01T00:00:00Z"

struct buf *ask_url(struct doctor *doctor)
{
	buf_init(&doctor->url, doctor->url_memory, sizeof doctor->url_memory);
	return &doctor->url;
}

void ask_url_plain(
    struct doctor *doctor, const struct uri_base *base, const char *path)
{
	say(ask_url(doctor), "%.*s://%.*s%.*s%s", ARG(base->scheme),
	    ARG(base->host), ARG(base->path), path);
}

void ask_url_signed(struct doctor *doctor, const struct uri_base *base,
    const char *path, struct sigv4_request request)
{
	const struct creds_value *creds =
	    doctor->signer ? doctor->signer : &doctor->storage->s3_creds;
	char memory[2048];
	struct buf whole;
	struct sigv4_key key;

	buf_init(&whole, memory, sizeof memory);
	say(&whole, "%.*s%s", ARG(base->path), *path ? path : "/");
	request.host = base->host;
	request.path = buf_span(&whole);
	request.access_key_id = creds->access_key_id;
	request.session_token = creds->session_token;
	request.region = doctor->storage->s3->region;
	request.now += doctor->clock() - doctor->ahead;
	if (!request.expires)
		request.expires = 300;
	ask_url_plain(doctor, base, *path ? path : "/");
	buf_char(&doctor->url, '?');
	sigv4_key_init(
	    &key, creds->access_key_secret, request.region, request.now);
	/* A URL that was cut off must not be sent; an empty one is not. */
	if (!sigv4_presign(&request, &key, &doctor->url) || !buf_ok(&whole))
		buf_reset(&doctor->url);
	sigv4_key_done(&key);
}

static bool ask_until(
    struct doctor *doctor, struct fetch_request request, int stop)
{
	request.url = doctor->url.at;
	doctor->fetch(&request, stop, &doctor->reply);
	doctor->swift |= doctor->reply.swift;
	doctor->minio |= strcmp(doctor->reply.server, "MinIO") == 0;
	return doctor->reply.result == FETCH_ANSWERED;
}

bool ask(struct doctor *doctor, struct fetch_request request)
{
	return ask_until(doctor, request, doctor->stop);
}

void ask_url_put(struct doctor *doctor, unsigned how)
{
	const struct s3_config *s3 = doctor->storage->s3;
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
	ask_url_signed(doctor, &s3->bucket, PROBE, put);
}

bool ask_put(struct doctor *doctor, struct span body, unsigned how)
{
	struct buf *url = &doctor->url;
	size_t count = 2;
	struct fetch_request request = {
		.method = "PUT",
		.headers = { "Content-Type: " PROBE_TYPE,
		    "Origin: " BROWSER_ORIGIN },
		.body = body,
		.expect = how & PUT_EXPECT,
	};

	if (how & PUT_CONDITION)
		request.headers[count++] = "If-None-Match: *";
	if (how & PUT_META)
		request.headers[count++] = S3_META_EXPIRES ": " PROBE_END;
	ask_url_put(doctor, how);
	if ((how & PUT_FORGED) && url->len)
		url->at[url->len - 1] =
		    url->at[url->len - 1] == '0' ? '1' : '0';
	doctor->touched = true;
	return ask(doctor, request);
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

	ask_url_signed(doctor, base, path, signing);
	return ask_until(doctor, (struct fetch_request){ .method = method },
	    must ? -1 : doctor->stop);
}

bool ask_well(const struct doctor *doctor)
{
	return doctor->reply.status >= 200 && doctor->reply.status < 300;
}

bool ask_unsure(const struct doctor *doctor)
{
	return doctor->reply.result != FETCH_ANSWERED ||
	       (doctor->reply.status >= 500 && doctor->reply.status != 501);
}

enum verdict ask_undecided(struct doctor *doctor, const char *what)
{
	seen_reply(doctor, "%s: ", what);
	change(doctor, "Run slotd doctor again: this check is undecided.\n");
	return VERDICT_WARNING;
}

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

struct span ask_body(const struct doctor *doctor)
{
	return (struct span){ doctor->reply.body, doctor->reply.body_len };
}

void ask_seen(struct doctor *doctor)
{
	const struct span body = ask_body(doctor);
	char code_memory[64], message_memory[512];
	struct buf code, message;

	if (doctor->reply.result != FETCH_ANSWERED) {
		seen_no_answer(doctor);
		return;
	}
	buf_init(&code, code_memory, sizeof code_memory);
	buf_init(&message, message_memory, sizeof message_memory);
	seen(doctor, "%u", doctor->reply.status);
	if (code_element(body, "Code", &code))
		seen(doctor, " %s", code.at);
	if (code_element(body, "Message", &message))
		seen(doctor, " (\"%s\")", message.at);
}
