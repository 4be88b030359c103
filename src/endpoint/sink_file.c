#include "endpoint/sink.h"

#include "service/clock.h"

#include <stdlib.h>
#include <string.h>

/* Into a store that keeps files itself. Everything that may wait for its disk
 * runs on a pool while the request is suspended. */

#define HELD_MAX (128 << 10)

struct file_sink {
	struct sink sink;
	struct store *store;
	struct store_upload *file; /* NULL before it is opened and after it is
	                         * committed */
	uint64_t size;
	int64_t until;
	size_t key_len;
	char key[OBJECT_KEY_MAX + 1];
	char type[MEDIA_TYPE_MAX + 1];
	size_t held; /* bytes that are not written yet, */
	size_t room; /* of so many at most */
	char bytes[];
};

/* The argument of a job is its request. */
static struct file_sink *of(void *request)
{
	return (struct file_sink *)receive_sink(request);
}

static struct sink *make(
    struct request *request, const struct receive_plan *plan)
{
	const size_t room =
	    plan->size < HELD_MAX ? (size_t)plan->size : HELD_MAX;
	struct file_sink *file = malloc(sizeof *file + room);

	(void)request;
	if (!file)
		return NULL;
	memset(file, 0, sizeof *file);
	file->room = room;
	file->sink.class = &sink_file;
	file->store = plan->store;
	file->size = plan->size;
	file->until = plan->until;
	file->key_len = plan->key.len;
	memcpy(file->key, plan->key.at, plan->key.len);
	memcpy(file->type, plan->type.at, plan->type.len);
	return &file->sink;
}

static void open_job(void *argument)
{
	struct file_sink *file = of(argument);
	const struct store_request request = {
		.key = { file->key, file->key_len },
		.size = file->size,
		.type = span_of(file->type),
		.now = clock_unix(),
		.until = file->until,
		.note_until = file->until != 0,
	};

	file->sink.failure = file->store->class->upload_open(
	    file->store, &request, &file->file, &file->sink.why);
}

static void open(struct request *request, struct sink *sink,
    void (*then)(struct request *request))
{
	(void)sink;
	request_wait(request, request->server->writers, open_job, then);
}

static void write_held(struct file_sink *file)
{
	if (file->sink.failure == FAILURE_NONE && file->held)
		file->sink.failure = file->store->class->upload_write(
		    file->file, file->bytes, file->held, &file->sink.why);
	file->held = 0;
}

static void write_job(void *argument)
{
	write_held(of(argument));
}

static size_t write(
    struct request *request, struct sink *sink, const char *bytes, size_t len)
{
	struct file_sink *file = (struct file_sink *)sink;
	size_t room = file->room - file->held;
	size_t taken = len < room ? len : room;

	memcpy(file->bytes + file->held, bytes, taken);
	file->held += taken;
	if (taken < len)
		request_wait(
		    request, request->server->writers, write_job, NULL);
	return taken;
}

static void commit_job(void *argument)
{
	struct file_sink *file = of(argument);

	write_held(file);
	if (file->sink.failure == FAILURE_NONE)
		file->sink.failure = file->store->class->upload_commit(
		    file->file, &file->sink.why);
	else
		file->store->class->upload_abort(file->file);
	file->file = NULL;
}

static void commit(struct request *request, struct sink *sink,
    void (*then)(struct request *request))
{
	(void)sink;
	request_wait(request, request->server->writers, commit_job, then);
}

static void abort_job(void *argument)
{
	struct file_sink *file = argument;

	if (file->file)
		file->store->class->upload_abort(file->file);
	free(file);
}

struct removal {
	struct pool_job job;
	struct service *service; /* held: the request ends before the job */
	struct file_sink *file;
};

static void removal_job(void *argument)
{
	struct removal *removal = argument;

	abort_job(removal->file);
	service_release(removal->service);
	free(removal);
}

/* Removing a large file may take the disk a while, so the pool does it. Without
 * memory for the job it is removed here. */
static void drop(struct request *request, struct sink *sink)
{
	struct file_sink *file = (struct file_sink *)sink;
	struct removal *removal = NULL;

	if (file->file)
		removal = calloc(1, sizeof *removal);
	if (!removal) {
		abort_job(file);
		return;
	}
	removal->file = file;
	removal->service = request->service;
	service_hold(removal->service);
	removal->job.run = removal_job;
	removal->job.argument = removal;
	pool_run(request->server->writers, &removal->job);
}

const struct sink_class sink_file = { make, open, write, commit, drop };
