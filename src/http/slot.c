#include "http/authenticate.h"
#include "http/json.h"
#include "http/reply.h"
#include "http/route.h"
#include "http/world.h"
#include "slot/media_type.h"

#include <string.h>

static bool is_json(const struct request *request)
{
	struct span type = request_header(request, "Content-Type");

	return type.at && span_equal_nocase(media_type_essence(type),
			      span_of("application/json"));
}

static void answer(struct request *request, const struct slot *slot)
{
	struct reply reply =
	    reply_text(200, "application/json", json_slot_write(slot));

	reply_header(&reply, "Cache-Control", "no-store");
	reply_send(request, &reply);
}

static void note(struct request *request, const struct json_slot *wanted)
{
	struct buf domain;
	size_t at = span_find(wanted->jid, '/');
	struct span bare = span_first(wanted->jid, at);

	at = span_find(bare, '@');
	if (request->server->service->conf->log_jids) {
		/* The log cuts it there anyway. */
		struct span jid = span_first(bare, sizeof request->jid - 1);

		memcpy(request->jid, jid.at, jid.len);
	}
	buf_init(&domain, request->domain, sizeof request->domain);
	buf_add(&domain, at < bare.len ? span_from(bare, at + 1) : bare);
	request->size = wanted->size;
	request->has_size = true;
}

static void issue(struct request *request, const struct caller *caller)
{
	struct refusal why = { 0 };
	struct json_slot wanted;
	struct slot slot;
	uint8_t random[RANDOM_BYTES];
	enum failure failure = FAILURE_BAD_REQUEST;

	if (!json_slot_read(
		&wanted, (struct span){ request->body, request->body_len })) {
		why.detail = wanted.wrong;
	} else {
		const struct slot_request wish = {
			.caller = caller,
			.jid = wanted.jid,
			.filename = wanted.filename,
			.type = wanted.type,
			.size = wanted.size,
		};

		note(request, &wanted);
		world_random(random, sizeof random);
		failure = slot_issue(&request->server->service->issuer, &wish,
		    world_unix(), random, &slot, &why);
	}
	if (failure == FAILURE_NONE)
		answer(request, &slot);
	else
		reply_failure(request, failure, &why);
	json_slot_done(&wanted);
}

static void end(struct request *request)
{
	const struct caller *caller = authenticate(request);

	if (!caller)
		return;
	if (!is_json(request)) {
		reply_failure(request, FAILURE_UNSUPPORTED_MEDIA_TYPE,
		    &(struct refusal){ 0 });
		return;
	}
	issue(request, caller);
}

const struct endpoint slot_post = { "POST", NULL, NULL, end };
