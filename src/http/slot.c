#include "http/authenticate.h"
#include "http/json.h"
#include "http/reply.h"
#include "http/route.h"
#include "http/world.h"
#include "slot/media_type.h"

#include <stdlib.h>
#include <string.h>

static bool is_json(const struct request *request)
{
	struct span type = request_header(request, "Content-Type");

	return type.at && span_equal_nocase(media_type_essence(type),
			      span_of("application/json"));
}

/* One slot on its way down and up again. */
struct issue {
	const struct caller *caller;
	struct json_slot wanted;
	struct slot slot;
	enum failure failure;
	struct refusal why;
};

static void forget(struct request *request)
{
	struct issue *issue = request->state;

	json_slot_done(&issue->wanted);
	free(issue);
}

static void note(struct request *request, const struct json_slot *wanted)
{
	struct buf domain;
	struct span bare = span_first(wanted->jid, span_find(wanted->jid, '/'));
	size_t at = span_find(bare, '@');

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

static void run(void *argument)
{
	struct request *request = argument;
	struct issue *issue = request->state;
	const struct slot_request wish = {
		.caller = issue->caller,
		.jid = issue->wanted.jid,
		.filename = issue->wanted.filename,
		.type = issue->wanted.type,
		.size = issue->wanted.size,
	};
	uint8_t random[RANDOM_BYTES];

	world_random(random, sizeof random);
	issue->failure = slot_issue(&request->server->service->issuers, &wish,
	    world_unix(), random, &issue->slot, &issue->why);
}

static void answer(struct request *request)
{
	struct issue *issue = request->state;
	struct reply reply;

	if (issue->failure != FAILURE_NONE) {
		reply_failure(request, issue->failure, &issue->why);
		return;
	}
	reply =
	    reply_text(200, "application/json", json_slot_write(&issue->slot));
	reply_header(&reply, "Cache-Control", "no-store");
	reply_send(request, &reply);
}

/* Authenticates and reads; replies and gives false when that fails. */
static bool begin(struct request *request)
{
	const struct caller *caller = authenticate(request);
	struct refusal why = { 0 };
	struct issue *issue;

	if (!caller)
		return false;
	if (!is_json(request)) {
		reply_failure(request, FAILURE_UNSUPPORTED_MEDIA_TYPE, &why);
		return false;
	}
	issue = malloc(sizeof *issue);
	if (!issue) {
		reply_failure(request, FAILURE_UNAVAILABLE, &why);
		return false;
	}
	issue->caller = caller;
	issue->why = why;
	request->state = issue;
	request->state_free = forget;
	if (!json_slot_read(&issue->wanted,
		(struct span){ request->body, request->body_len })) {
		why.detail = issue->wanted.wrong;
		reply_failure(request, FAILURE_BAD_REQUEST, &why);
		return false;
	}
	note(request, &issue->wanted);
	return true;
}

/* The embedded store asks the file system for its room. */
static bool needs_disk(struct request *request)
{
	const struct issue *issue = request->state;
	struct service *service = request->server->service;
	const char *wrong;
	struct jid jid;

	return service->fs && jid_parse(issue->wanted.jid, &jid, &wrong) &&
	       service_issuer(service, jid.domain)->store ==
		   fs_store(service->fs);
}

static void end(struct request *request)
{
	if (request->state) {
		answer(request);
		return;
	}
	if (!begin(request))
		return;
	if (needs_disk(request)) {
		request_wait(request, request->server->readers, run);
		return;
	}
	run(request);
	answer(request);
}

const struct endpoint slot_post = { "POST", NULL, NULL, end };
