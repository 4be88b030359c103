#include "endpoint/receive.h"

#include "http/reply.h"
#include "endpoint/sink.h"
#include "service/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct receive {
	struct sink *sink;
	int64_t opened; /* 0: not yet */
	int64_t began;  /* moved on by the time that the store took */
	int64_t paused;
};

/* The time of an upload begins when the store has accepted it. */
static int64_t last_moment(const struct request *request)
{
	const struct conf *conf = request->service->conf;
	const struct receive *receive = request->state;

	if (!receive->opened)
		return CONN_NO_DEADLINE;
	return receive->opened + (int64_t)conf->limits.upload_timeout * 1000000;
}

/* Notes why the upload ended without an answer, for the log. */
static void note_end(struct request *request)
{
	const char *why = "the client closed the connection, or stalled";

	if (atomic_load(&request->server->draining))
		why = "cut off: the service is stopping";
	else if (clock_micros() >= last_moment(request))
		why = "limits.upload_timeout is over";
	else if (atomic_load(&request->conn->late))
		why = "the client was too slow";
	snprintf(request->reason, sizeof request->reason, "%s", why);
}

static void forget(struct request *request)
{
	struct receive *receive = request->state;

	if (receive->sink)
		receive->sink->class->drop(request, receive->sink);
	if (!request->status && !request->reason[0])
		note_end(request);
	free(receive);
}

/* The client has body_timeout seconds, plus one for each min_rate bytes that
 * have arrived. The whole upload, time in the store included, has
 * upload_timeout. */
static void move_deadline(struct request *request)
{
	const struct conf_limits *limits = &request->service->conf->limits;
	struct receive *receive = request->state;
	int64_t until = last_moment(request), paid;

	if (receive->paused)
		receive->began += clock_micros() - receive->paused;
	receive->paused = 0;
	if (limits->min_rate) {
		paid = limits->body_timeout +
		       (int64_t)(request->body_read / limits->min_rate);
		paid = receive->began + paid * 1000000;
		if (paid < until)
			until = paid;
	}
	conn_expect(request->conn, until);
}

static enum failure check_length(
    struct request *request, uint64_t size, struct refusal *why)
{
	request->size = size;
	request->has_size = true;
	if (request_header(request, "Content-Range").at) {
		why->detail = "Content-Range: a PUT stores the whole file";
		return FAILURE_BAD_REQUEST;
	}
	if (!request->has_length)
		return FAILURE_LENGTH_REQUIRED;
	if (request->length != size)
		return FAILURE_LENGTH_MISMATCH;
	return FAILURE_NONE;
}

/* The type of the slot, or of the PUT if the slot has none. */
static struct span choose_type(const struct request *request, struct span type)
{
	if (!type.len)
		type = request->content_type;
	type = media_type_hint(type);
	return type.len ? type : span_of(MEDIA_TYPE_UNKNOWN);
}

struct sink *receive_sink(const struct request *request)
{
	const struct receive *receive = request->state;

	return receive->sink;
}

/* The store has accepted or refused the file. */
static void opened(struct request *request)
{
	struct receive *receive = request->state;
	struct sink *sink = receive->sink;

	if (sink->failure != FAILURE_NONE) {
		reply_failure(request, sink->failure, &sink->why);
		return;
	}
	receive->opened = receive->began = clock_micros();
	move_deadline(request);
}

void receive_begin(struct request *request, const struct receive_plan *plan)
{
	const struct sink_class *class =
	    plan->store->class->upload_open ? &sink_file : &sink_relay;
	struct receive_plan whole = *plan;
	struct refusal why = { 0 };
	struct receive *receive;
	enum failure failure = check_length(request, plan->size, &why);

	if (failure != FAILURE_NONE) {
		reply_failure(request, failure, &why);
		return;
	}
	receive = calloc(1, sizeof *receive);
	if (receive) {
		request->state = receive;
		request->state_free = forget;
		whole.type = choose_type(request, plan->type);
		receive->sink = class->make(request, &whole);
	}
	if (!receive || !receive->sink) {
		reply_failure(request, FAILURE_UNAVAILABLE, &why);
		return;
	}
	class->open(request, receive->sink, opened);
}

/* After a failure the rest is read and dropped: many clients read the answer
 * only after they have sent everything. */
size_t receive_body(struct request *request, const char *bytes, size_t len)
{
	struct receive *receive = request->state;
	struct sink *sink = receive->sink;
	size_t taken;

	/* Needed beside the connection's deadline, which is off while the store
	 * is busy. */
	if (clock_micros() >= last_moment(request)) {
		request->abort = true;
		return len;
	}
	move_deadline(request);
	taken = len;
	if (sink->failure == FAILURE_NONE)
		taken = sink->class->write(request, sink, bytes, len);
	/* The request is suspended now, and another thread uses the sink. */
	if (taken < len) {
		receive->paused = clock_micros();
		return taken;
	}
	if (sink->failure != FAILURE_NONE && !request->told)
		reply_early(request, sink->failure, &sink->why);
	return taken;
}

static void committed(struct request *request)
{
	const struct receive *receive = request->state;
	const struct sink *sink = receive->sink;
	struct reply reply;

	if (sink->failure != FAILURE_NONE) {
		reply_failure(request, sink->failure, &sink->why);
		return;
	}
	metrics_count(request->server->metrics, METRICS_UPLOADS, 1);
	metrics_count(request->server->metrics, METRICS_UPLOAD_BYTES,
	    (int64_t)request->size);
	reply = reply_static(201, NULL, SPAN_EMPTY);
	reply_header(&reply, "Cache-Control", "no-store");
	reply_send(request, &reply);
}

void receive_end(struct request *request)
{
	struct receive *receive = request->state;
	struct sink *sink = receive->sink;

	if (request->told)
		request->abort = true;
	else
		sink->class->commit(request, sink, committed);
}
