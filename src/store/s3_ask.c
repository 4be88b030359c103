#include "store/s3_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Seconds: what is signed is sent at once. */
#define TTL 300
#define SECONDS 120L
#define URL_SIZE 24576

#define ARG(span) (int)(span).len, (span).at

static void say(struct buf *why, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct buf *why, const char *format, ...)
{
	char sentence[STORE_WHY];
	va_list values;

	va_start(values, format);
	vsnprintf(sentence, sizeof sentence, format, values);
	va_end(values);
	buf_text(why, sentence);
}

/* --- connections ----------------------------------------------------------*/

static struct fetch_line *take_line(struct s3 *s3)
{
	struct fetch_line *line = NULL;

	pthread_mutex_lock(&s3->lines_lock);
	if (s3->line_count)
		line = s3->lines[--s3->line_count];
	pthread_mutex_unlock(&s3->lines_lock);
	return line ? line : fetch_line_open();
}

static void put_line(struct s3 *s3, struct fetch_line *line)
{
	pthread_mutex_lock(&s3->lines_lock);
	if (line && s3->line_count < S3_LINES) {
		s3->lines[s3->line_count++] = line;
		line = NULL;
	}
	pthread_mutex_unlock(&s3->lines_lock);
	fetch_line_close(line);
}

/* --- one request ----------------------------------------------------------*/

static bool sign(
    struct s3 *s3, const struct s3_ask *ask, struct buf *url, struct buf *why)
{
	struct creds *source =
	    s3->store.janitor ? s3->store.janitor : s3->store.creds;
	struct sigv4_request request = {
		.method = span_of(ask->method),
		.query = ask->query,
		.query_count = ask->query_count,
		.expires = TTL,
		.now = ask->now,
	};
	struct creds_status status;
	struct creds_value creds;
	enum failure failure;

	if (!source->class->get(source, ask->now, &creds)) {
		source->class->status(source, ask->now, &status);
		say(why, "no credentials: %s", status.why);
		return false;
	}
	failure = s3_presign(s3, s3->store.janitor ? &s3->janitor : &s3->today,
	    &ask->base, &creds, ask->key, &request, url);
	source->class->put_back(source, &creds);
	if (failure != FAILURE_NONE)
		say(why, "a URL is too long to be signed");
	return failure == FAILURE_NONE;
}

static bool may_pass(const struct s3_ask *ask)
{
	const unsigned status = ask->reply.status;

	return s3_error_passes(ask->code) || status == 408 || status == 429 ||
	       (status >= 500 && status != 501);
}

static enum failure judge_answer(
    const struct s3 *s3, const struct s3_ask *ask, struct buf *why)
{
	const char *whose = s3->store.janitor
				? "storage.janitor's key"
				: "storage.janitor is not set, and slotd's "
				  "own key";
	const char *hint = "";

	if (strcmp(ask->code, "RequestTimeTooSkewed") == 0)
		hint = ": the clocks of this machine and of the store differ";
	else if (strcmp(ask->code, "SignatureDoesNotMatch") == 0 ||
		 strcmp(ask->code, "InvalidAccessKeyId") == 0)
		hint = ": the access key is wrong";
	else if (strcmp(ask->code, "NoSuchBucket") == 0)
		hint = ": bucket_url names no bucket that exists";
	else if (ask->reply.status == 301 || ask->reply.status == 307)
		hint = ": the bucket is in another region or place";
	say(why, "the store answered %u%s%s%s", ask->reply.status,
	    *ask->code ? " " : "", ask->code, hint);
	if (may_pass(ask))
		return FAILURE_UNAVAILABLE;
	if (ask->reply.status != 403 || *hint)
		return FAILURE_INTERNAL;
	say(why, ": %s needs the right %s", whose, ask->right);
	return FAILURE_FORBIDDEN;
}

static enum failure judge(
    const struct s3 *s3, struct s3_ask *ask, struct buf *why)
{
	const struct fetch_reply *reply = &ask->reply;

	if (reply->result == FETCH_STOPPED)
		return buf_text(why, "interrupted"), FAILURE_UNAVAILABLE;
	if (reply->result != FETCH_ANSWERED) {
		say(why, "the store does not answer: %s", reply->error);
		return reply->result == FETCH_CERTIFICATE ? FAILURE_INTERNAL
							  : FAILURE_UNAVAILABLE;
	}
	if (reply->status >= 200 && reply->status < 300)
		return FAILURE_NONE;
	s3_error_read((struct span){ reply->body, reply->body_len }, ask->code);
	return judge_answer(s3, ask, why);
}

enum failure s3_ask(struct s3 *s3, struct s3_ask *ask, struct buf *why)
{
	char memory[URL_SIZE];
	struct buf url = buf_of(memory, sizeof memory);
	struct fetch_request request = {
		.method = ask->method,
		.url = memory,
		.take = ask->take,
		.of = ask->of,
		.seconds = SECONDS,
	};

	ask->code[0] = '\0';
	buf_reset(why);
	if (!sign(s3, ask, &url, why))
		return FAILURE_INTERNAL;
	request.line = take_line(s3);
	fetch(&request, ask->stop, &ask->reply);
	put_line(s3, request.line);
	return judge(s3, ask, why);
}

/* --- removing -------------------------------------------------------------*/

enum failure s3_remove(struct store *store, struct span key, int64_t now,
    int stop, struct buf *why)
{
	struct s3 *s3 = (struct s3 *)store;
	struct s3_ask ask = {
		.method = "DELETE",
		.base = s3->config.bucket,
		.key = key,
		.now = now,
		.stop = stop,
		.right = "s3:DeleteObject",
	};
	enum failure failure = s3_ask(s3, &ask, why);

	/* Not so a bucket that is missing. */
	if (failure != FAILURE_NONE && ask.reply.status == 404 &&
	    (!*ask.code || strcmp(ask.code, "NoSuchKey") == 0)) {
		buf_reset(why);
		return FAILURE_NONE;
	}
	return failure;
}
