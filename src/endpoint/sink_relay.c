#include "endpoint/sink.h"

#include "service/clock.h"
#include "slot/slot.h"
#include "store/relay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* On to a store over HTTP while it arrives. The request is resumed by whatever
 * thread is in a function of the relay. */

struct relay_sink {
	struct sink sink;
	struct request *request;
	struct relay_upload *upload; /* NULL: the upload did not begin */
};

/* Texts of one upload, until relay_begin has copied them. */
struct upload_texts {
	char url[SLOT_URL_MAX];
	char type[MEDIA_TYPE_MAX + 1];
	char header[sizeof "Content-Type: " + MEDIA_TYPE_MAX];
	char until[64];
	char name[OBJECT_KEY_MAX + 80];
};

/* Fetches the result from the relay, if there is one. */
static void look(struct relay_sink *relay)
{
	if (relay->upload)
		relay_over(
		    relay->upload, &relay->sink.failure, &relay->sink.why);
}

static void wake(void *argument)
{
	struct relay_sink *relay = argument;

	look(relay);
	request_resume(relay->request);
}

static enum failure begin(struct request *request,
    const struct receive_plan *plan, struct upload_texts *texts,
    struct relay_sink *relay)
{
	const struct store_request put = {
		.key = plan->key,
		.size = plan->size,
		.type = plan->type,
		.now = clock_unix(),
		.until = plan->until,
		.note_until = plan->until != 0,
	};
	struct buf url, type, header, until, name;
	struct store_forward forward = { &url, &type, &until, &name };
	enum failure failure;
	struct relay_request upload = {
		.size = plan->size, .wake = wake, .argument = relay
	};

	buf_init(&url, texts->url, sizeof texts->url);
	buf_init(&type, texts->type, sizeof texts->type);
	buf_init(&until, texts->until, sizeof texts->until);
	buf_init(&name, texts->name, sizeof texts->name);
	failure = plan->store->class->forward(
	    plan->store, &put, &forward, &relay->sink.why);
	if (failure != FAILURE_NONE)
		return failure;
	buf_init(&header, texts->header, sizeof texts->header);
	buf_text(&header, "Content-Type: ");
	buf_add(&header, buf_span(&type));
	upload.headers[0] = texts->header;
	if (until.len)
		upload.headers[1] = texts->until;
	upload.url = texts->url;
	upload.name = buf_span(&name);
	if (!buf_ok(&url) || !buf_ok(&header) || !buf_ok(&until) ||
	    !buf_ok(&name)) {
		relay->sink.why.reason = "a URL or a name is too long";
		return FAILURE_INTERNAL;
	}
	return relay_begin(
	    request->server->relay, &upload, &relay->upload, &relay->sink.why);
}

static struct sink *make(
    struct request *request, const struct receive_plan *plan)
{
	struct relay_sink *relay = calloc(1, sizeof *relay);
	struct upload_texts *texts = malloc(sizeof *texts);

	if (!relay || !texts) {
		free(relay);
		free(texts);
		return NULL;
	}
	relay->sink.class = &sink_relay;
	relay->request = request;
	relay->sink.failure = begin(request, plan, texts, relay);
	free(texts);
	return &relay->sink;
}

static void wait_for(struct request *request, struct sink *sink,
    enum relay_event event, void (*then)(struct request *request))
{
	struct relay_sink *relay = (struct relay_sink *)sink;

	request_suspend(request, then);
	if (relay->upload)
		relay_wait(relay->upload, event);
	else
		request_resume(request);
}

static void open(struct request *request, struct sink *sink,
    void (*then)(struct request *request))
{
	wait_for(request, sink, RELAY_READY, then);
}

static size_t write(
    struct request *request, struct sink *sink, const char *bytes, size_t len)
{
	struct relay_sink *relay = (struct relay_sink *)sink;
	size_t taken = relay_write(relay->upload, bytes, len);

	look(relay);
	if (taken < len)
		wait_for(request, sink, RELAY_ROOM, NULL);
	return taken;
}

static void commit(struct request *request, struct sink *sink,
    void (*then)(struct request *request))
{
	wait_for(request, sink, RELAY_ANSWER, then);
}

static void drop(struct request *request, struct sink *sink)
{
	struct relay_sink *relay = (struct relay_sink *)sink;

	look(relay);
	if (!request->status && relay->sink.why.reason)
		snprintf(request->reason, sizeof request->reason, "%s",
		    relay->sink.why.reason);
	if (relay->upload)
		relay_drop(relay->upload);
	free(relay);
}

const struct sink_class sink_relay = { make, open, write, commit, drop };
