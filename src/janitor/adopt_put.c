#include "janitor/adopt.h"

#include "net/s3_error.h"
#include "slot/media_type.h"

#include <stdio.h>
#include <string.h>

/* Seconds without a byte. Some stores think a while about a large file. */
#define STALL 120

struct transfer {
	struct adopt *adopt;
	const struct adopt_file *file;
	bool changed;
};

static long give(void *of, uint64_t offset, char *bytes, size_t size)
{
	struct transfer *transfer = of;
	const long len = adopt_read(transfer->file, offset, bytes, size);

	transfer->changed = len <= 0;
	transfer->adopt->under_way = offset;
	if (transfer->adopt->progress)
		transfer->adopt->progress(transfer->adopt->of, transfer->adopt);
	return len;
}

static void say(struct buf *why, const char *text)
{
	buf_reset(why);
	buf_text(why, text);
}

static enum failure judge_status(
    const struct fetch_reply *reply, struct buf *why)
{
	const unsigned status = reply->status;
	char code[S3_ERROR_CODE];
	bool passes;

	if (status >= 200 && status < 300)
		return FAILURE_NONE;
	s3_error_read((struct span){ reply->body, reply->body_len }, code);
	passes = s3_error_passes(code);
	if ((status == 409 || status == 412) && !passes)
		return FAILURE_ALREADY_EXISTS;
	say(why, "the store answered ");
	buf_u64(why, status);
	buf_text(why, *code ? " " : "");
	buf_text(why, code);
	if (status == 403)
		buf_text(why, ": slotd's own key needs the right s3:PutObject");
	return passes || status == 408 || status == 429 ||
		       (status >= 500 && status != 501)
		   ? FAILURE_UNAVAILABLE
		   : FAILURE_INTERNAL;
}

static enum failure judge(const struct transfer *transfer,
    const struct fetch_reply *reply, struct buf *why)
{
	if (transfer->changed) {
		say(why, "it changed while it was copied, or cannot be read");
		return FAILURE_LENGTH_MISMATCH;
	}
	if (reply->result == FETCH_ANSWERED)
		return judge_status(reply, why);
	say(why, "the store does not answer: ");
	buf_text(why, reply->error);
	return reply->result == FETCH_CERTIFICATE ||
		       reply->result == FETCH_STOPPED
		   ? FAILURE_INTERNAL
		   : FAILURE_UNAVAILABLE;
}

/* Stores that do not know the condition say so (501); then it is left out, and
 * the look before the copy has to do. */
static void send_file(const struct adopt *adopt, struct fetch_request *request,
    size_t condition, struct fetch_reply *reply)
{
	request->headers[condition] = "If-None-Match: *";
	fetch(request, adopt->janitor->stop, reply);
	if (reply->result != FETCH_ANSWERED || reply->status != 501)
		return;
	request->headers[condition] = NULL;
	fetch(request, adopt->janitor->stop, reply);
}

static enum failure send_to(struct adopt *adopt, const struct adopt_file *file,
    const struct store_forward *forward, struct buf *why)
{
	static struct fetch_reply reply;
	struct transfer transfer = { adopt, file, false };
	char type[sizeof "Content-Type: " + MEDIA_TYPE_MAX];
	struct fetch_request request = {
		.method = "PUT",
		.url = forward->url->at,
		.headers = { type },
		.expect = file->size > 0,
		.of = &transfer,
		.line = adopt->line,
		.stall_seconds = STALL,
	};
	size_t count = 1;

	if (file->size) {
		request.give = give;
		request.give_size = file->size;
	} else {
		request.body = SPAN_EMPTY;
	}
	snprintf(type, sizeof type, "Content-Type: %s", forward->type->at);
	if (forward->until->len)
		request.headers[count++] = forward->until->at;
	send_file(adopt, &request, count, &reply);
	return judge(&transfer, &reply, why);
}

enum failure adopt_put(struct adopt *adopt, const struct adopt_file *file,
    const struct store_request *request, struct buf *why)
{
	static char url[SLOT_URL_MAX];
	char type[MEDIA_TYPE_MAX + 1], until[64], name[65 + OBJECT_KEY_MAX + 1];
	struct buf bufs[] = { buf_of(url, sizeof url),
		buf_of(type, sizeof type), buf_of(until, sizeof until),
		buf_of(name, sizeof name) };
	struct store_forward forward = { &bufs[0], &bufs[1], &bufs[2],
		&bufs[3] };
	struct refusal refusal = { 0 };
	enum failure failure;

	if (file->size > ADOPT_PUT_MAX) {
		buf_text(why, "it is larger than the 5 GiB that one PUT takes: "
			      "copy it by another tool");
		return FAILURE_LENGTH_MISMATCH;
	}
	/* Without memory for it each file has a connection of its own. */
	if (!adopt->line)
		adopt->line = fetch_line_open();
	failure = adopt->store->class->forward(
	    adopt->store, request, &forward, &refusal);
	if (failure == FAILURE_NONE)
		failure = send_to(adopt, file, &forward, why);
	else
		buf_text(why, refusal.reason ? refusal.reason
					     : "its URL cannot be signed");
	wipe(url, sizeof url);
	return failure;
}
