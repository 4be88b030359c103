#include "store/s3_private.h"

#include "net/fetch.h"

#include <string.h>

/* Seconds. A caller waits for the answer. */
#define CONNECT 5
#define WHOLE 15
#define TTL 300

/* Not as a slot: the object is nobody's to read, whatever set_public says. */
static enum failure sign(struct s3 *s3, const struct creds_value *creds,
    struct span key, size_t size, int64_t now, struct buf *url)
{
	char memory[24];
	struct buf length = buf_of(memory, sizeof memory);
	struct sigv4_pair header = { span_of("content-length"), SPAN_EMPTY };
	struct sigv4_request put = {
		.method = span_of("PUT"),
		.headers = &header,
		.header_count = 1,
		.expires = TTL,
		.now = now,
	};

	buf_u64(&length, size);
	header.value = buf_span(&length);
	return s3_presign(
	    s3, &s3->today, &s3->config.bucket, creds, key, &put, url);
}

static enum failure judge(const struct fetch_reply *reply, struct refusal *why)
{
	const unsigned status = reply->status;
	char code[S3_ERROR_CODE];

	if (reply->result != FETCH_ANSWERED)
		return failure_reason(FAILURE_UNAVAILABLE,
		    "the store cannot be reached, so the note of an erasure is "
		    "not written",
		    why);
	if (status >= 200 && status < 300)
		return FAILURE_NONE;
	s3_error_read((struct span){ reply->body, reply->body_len }, code);
	if (s3_error_passes(code) || status == 408 || status == 409 ||
	    status == 429 || status >= 500)
		return failure_reason(FAILURE_UNAVAILABLE,
		    "the store did not take the note of an erasure now", why);
	if (status == 401 || status == 403)
		return failure_reason(FAILURE_INTERNAL,
		    "the store refused the note of an erasure: slotd's key "
		    "lacks the right s3:PutObject for slotd-erase/*",
		    why);
	return failure_reason(FAILURE_INTERNAL,
	    "the store refused the note of an erasure: `slotd doctor` tells "
	    "why",
	    why);
}

enum failure s3_note(struct store *store, struct span key, struct span text,
    int64_t now, struct refusal *why)
{
	struct s3 *s3 = (struct s3 *)store;
	char memory[FETCH_LOCATION];
	struct buf url = buf_of(memory, sizeof memory);
	struct fetch_request request = {
		.method = "PUT",
		.url = memory,
		.body = text,
		.seconds = WHOLE,
		.connect_seconds = CONNECT,
	};
	struct fetch_reply reply;
	struct creds_value creds;
	enum failure failure;

	if (!s3_creds_get(s3, now, &creds, why))
		return FAILURE_UNAVAILABLE;
	failure = sign(s3, &creds, key, text.len, now, &url);
	failure = s3_creds_done(s3, &creds, failure, why);
	if (failure == FAILURE_NONE) {
		fetch(&request, -1, &reply);
		failure = judge(&reply, why);
	}
	wipe(memory, sizeof memory);
	return failure;
}

/* Whoever wrote the object has archived it, or encrypted it with a key that
 * only the writer has. */
static bool is_withheld(const struct s3_ask *ask)
{
	return (ask->reply.status == 403 &&
		   strcmp(ask->code, "InvalidObjectState") == 0) ||
	       (ask->reply.status == 400 &&
		   (strcmp(ask->code, "InvalidRequest") == 0 ||
		       strcmp(ask->code, "InvalidArgument") == 0));
}

enum failure s3_read(struct store *store, struct span key, int64_t now,
    int stop, struct buf *out, struct buf *why)
{
	struct s3 *s3 = (struct s3 *)store;
	struct s3_ask ask = {
		.method = "GET",
		.base = s3->config.bucket,
		.key = key,
		.now = now,
		.stop = stop,
		.right = "s3:GetObject for slotd-erase/*",
	};
	enum failure failure = s3_ask(s3, &ask, why);

	if (failure == FAILURE_NONE)
		buf_add(
		    out, (struct span){ ask.reply.body, ask.reply.body_len });
	else if (ask.reply.status == 404 && strcmp(ask.code, "NoSuchKey") == 0)
		failure = FAILURE_NOT_FOUND;
	else if (is_withheld(&ask))
		out->full = true, failure = FAILURE_NONE;
	return failure;
}
