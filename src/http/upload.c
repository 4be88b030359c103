#include "core/uri.h"
#include "http/reply.h"
#include "http/route.h"
#include "http/world.h"
#include "slot/key_template.h"
#include "slot/media_type.h"

#include <stdlib.h>
#include <string.h>

/* PUT /u/TOKEN/KEY into the embedded store. All that touches the disk runs
 * on the pool while the request is suspended. */

#define HELD_MAX (128 << 10)
#define TOKEN_MAX 512

struct upload {
	struct fs *fs;
	struct fs_upload *file; /* NULL before it is opened and after it is
	                         * committed */
	struct grant grant;
	enum failure failure;
	struct refusal why;
	bool opened;   /* the job of head has run */
	bool complete; /* the job of end has run */
	int64_t began; /* later by all the time that the disk took */
	int64_t paused;
	size_t key_len;
	char key[OBJECT_KEY_MAX + 1];
	char type[MEDIA_TYPE_MAX + 1];
	size_t held;
	char bytes[HELD_MAX]; /* what waits to be written */
};

static void abort_job(void *argument)
{
	struct upload *upload = argument;

	if (upload->file)
		fs_upload_abort(upload->file);
	free(upload);
}

struct farewell {
	struct job job;
	struct upload *upload;
};

static void farewell_job(void *argument)
{
	struct farewell *farewell = argument;

	abort_job(farewell->upload);
	free(farewell);
}

/* Dropping megabytes that were written may take the disk a while. */
static void forget(struct request *request)
{
	struct upload *upload = request->state;
	struct farewell *farewell = NULL;

	if (upload->file)
		farewell = calloc(1, sizeof *farewell);
	if (!farewell) {
		abort_job(upload);
		return;
	}
	farewell->upload = upload;
	farewell->job.run = farewell_job;
	farewell->job.argument = farewell;
	pool_run(request->server->writers, &farewell->job);
}

static void pause_for(struct request *request, void (*job)(void *))
{
	struct upload *upload = request->state;

	upload->paused = world_micros();
	request_wait(request, request->server->writers, job);
}

/* The client has body_timeout seconds, one more for each min_rate bytes
 * that have arrived, and upload_timeout at the most. */
static void move_deadline(struct request *request)
{
	const struct conf_limits *limits =
	    &request->server->service->conf->limits;
	struct upload *upload = request->state;
	int64_t now = world_micros();
	uint64_t seconds = limits->upload_timeout;

	if (upload->paused)
		upload->began += now - upload->paused;
	upload->paused = 0;
	if (limits->min_rate) {
		uint64_t paid = limits->body_timeout +
				request->body_read / limits->min_rate;

		if (paid < seconds)
			seconds = paid;
	}
	conn_expect(request->conn, upload->began + (int64_t)seconds * 1000000);
}

/* Token and key of the path, decoded; false when it is malformed. */
static bool read_path(struct request *request, struct buf *token,
    struct upload *upload, const char **ret_wrong)
{
	struct span rest = span_from(request->path, strlen("/u/"));
	struct span first = span_cut(&rest, '/');
	struct buf key;

	buf_init(&key, upload->key, sizeof upload->key);
	*ret_wrong = NULL;
	if (!uri_decode(token, first) || (rest.at && !uri_decode(&key, rest))) {
		if (buf_ok(token) && buf_ok(&key))
			*ret_wrong = "target: its percent-encoding is "
				     "malformed";
		return false;
	}
	upload->key_len = key.len;
	return true;
}

static enum failure check_head(
    struct request *request, struct upload *upload, struct refusal *why)
{
	char memory[TOKEN_MAX + 1];
	struct buf token;
	enum failure failure;

	buf_init(&token, memory, sizeof memory);
	if (!read_path(request, &token, upload, &why->detail))
		return why->detail ? FAILURE_BAD_REQUEST : FAILURE_SLOT_INVALID;
	failure = fs_slot_check(upload->fs, buf_span(&token),
	    (struct span){ upload->key, upload->key_len }, world_unix(),
	    &upload->grant);
	if (failure != FAILURE_NONE)
		return failure;
	request->size = upload->grant.size;
	request->has_size = true;
	memcpy(request->slot, upload->key,
	    upload->key_len < 8 ? upload->key_len : 8);
	if (request_header(request, "Content-Range").at) {
		why->detail = "Content-Range: a PUT stores the whole file";
		return FAILURE_BAD_REQUEST;
	}
	if (!request->has_length)
		return FAILURE_LENGTH_REQUIRED;
	if (request->length != upload->grant.size)
		return FAILURE_LENGTH_MISMATCH;
	return FAILURE_NONE;
}

/* The slot's type; when it named none, the PUT's. */
static void choose_type(struct request *request, struct upload *upload)
{
	struct span type = { upload->grant.type, upload->grant.type_len };

	if (!type.len)
		type = request_header(request, "Content-Type");
	if (!type.at || !media_type_valid(type))
		type = span_of(MEDIA_TYPE_UNKNOWN);
	memcpy(upload->type, type.at, type.len);
	upload->type[type.len] = '\0';
}

static void open_job(void *argument)
{
	struct request *request = argument;
	struct upload *upload = request->state;

	upload->failure = fs_upload_open(upload->fs,
	    (struct span){ upload->key, upload->key_len }, upload->grant.size,
	    span_of(upload->type), &upload->file, &upload->why);
	upload->opened = true;
}

static void begin(struct request *request)
{
	struct upload *upload = calloc(1, sizeof *upload);
	struct refusal why = { 0 };
	enum failure failure;

	if (!upload) {
		reply_failure(request, FAILURE_UNAVAILABLE, &why);
		return;
	}
	request->state = upload;
	request->state_free = forget;
	upload->fs = request->server->service->fs;
	failure = check_head(request, upload, &why);
	if (failure != FAILURE_NONE) {
		reply_failure(request, failure, &why);
		return;
	}
	choose_type(request, upload);
	request_wait(request, request->server->writers, open_job);
}

static void head(struct request *request)
{
	struct upload *upload = request->state;

	if (!upload) {
		begin(request);
		return;
	}
	if (upload->failure != FAILURE_NONE) {
		reply_failure(request, upload->failure, &upload->why);
		return;
	}
	upload->began = world_micros();
	move_deadline(request);
}

static void write_held(struct upload *upload)
{
	if (upload->failure == FAILURE_NONE && upload->held)
		upload->failure = fs_upload_write(
		    upload->file, upload->bytes, upload->held, &upload->why);
	upload->held = 0;
}

static void write_job(void *argument)
{
	struct request *request = argument;

	write_held(request->state);
}

/* After a failure the rest is read and dropped: while a body arrives there
 * is no way to answer, at its end there is. */
static size_t body(struct request *request, const char *bytes, size_t len)
{
	struct upload *upload = request->state;
	size_t room = HELD_MAX - upload->held;
	size_t taken = len < room ? len : room;

	move_deadline(request);
	if (upload->failure != FAILURE_NONE)
		return len;
	memcpy(upload->bytes + upload->held, bytes, taken);
	upload->held += taken;
	/* libmicrohttpd calls again for what is left only after a pause. */
	if (taken < len)
		pause_for(request, write_job);
	return taken;
}

static void commit_job(void *argument)
{
	struct request *request = argument;
	struct upload *upload = request->state;

	write_held(upload);
	if (upload->failure == FAILURE_NONE)
		upload->failure = fs_upload_commit(upload->file, &upload->why);
	else
		fs_upload_abort(upload->file);
	upload->file = NULL;
	upload->complete = true;
}

static void end(struct request *request)
{
	struct upload *upload = request->state;
	struct reply reply;

	if (!upload->complete) {
		request_wait(request, request->server->writers, commit_job);
		return;
	}
	if (upload->failure != FAILURE_NONE) {
		reply_failure(request, upload->failure, &upload->why);
		return;
	}
	reply = reply_static(201, NULL, SPAN_EMPTY);
	reply_header(&reply, "Cache-Control", "no-store");
	reply_send(request, &reply);
}

const struct endpoint upload_put = {
	.method = "PUT", .head = head, .body = body, .end = end
};
