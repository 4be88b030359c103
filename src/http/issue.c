#include "http/issue.h"

#include "http/reply.h"
#include "http/world.h"

#include <stdlib.h>
#include <string.h>

static void forget(struct request *request)
{
	struct issue *issue = request->state;

	if (issue->done)
		issue->done(issue);
	free(issue);
}

void *issue_new(
    struct request *request, size_t size, void (*done)(struct issue *issue))
{
	const struct refusal why = { 0 };
	struct issue *issue = calloc(1, size);

	if (!issue) {
		reply_failure(request, FAILURE_UNAVAILABLE, &why);
		return NULL;
	}
	issue->done = done;
	request->state = issue;
	request->state_free = forget;
	return issue;
}

static void note(struct request *request, const struct slot_request *wish)
{
	struct buf domain;
	struct span bare = span_first(wish->jid, span_find(wish->jid, '/'));
	size_t at = span_find(bare, '@');

	if (request->service->conf->log_jids) {
		/* The log cuts it there anyway. */
		struct span jid = span_first(bare, sizeof request->jid - 1);

		memcpy(request->jid, jid.at, jid.len);
	}
	buf_init(&domain, request->domain, sizeof request->domain);
	buf_add(&domain, at < bare.len ? span_from(bare, at + 1) : bare);
	request->size = wish->size;
	request->has_size = true;
}

/* The embedded store asks the file system for its room. */
static bool needs_disk(struct request *request, const struct slot_request *wish)
{
	struct service *service = request->service;
	const char *wrong;
	struct jid jid;

	return service->fs && jid_parse(wish->jid, &jid, &wrong) &&
	       service_issuer(service, jid.domain)->store ==
		   fs_store(service->fs);
}

static void run(void *argument)
{
	struct request *request = argument;
	struct issue *issue = request->state;
	uint8_t random[RANDOM_BYTES];

	world_random(random, sizeof random);
	issue->failure = slot_issue(&request->service->issuers, &issue->wish,
	    world_unix(), random, &issue->slot, &issue->why);
}

/* False when the request waits for the disk meanwhile. */
static bool issue_now(struct request *request)
{
	struct issue *issue = request->state;

	note(request, &issue->wish);
	if (needs_disk(request, &issue->wish)) {
		request_wait(request, request->server->readers, run);
		return false;
	}
	run(request);
	return true;
}

void issue_serve(struct request *request,
    bool (*begin)(struct request *request), const char *type,
    char *(*write)(const struct slot *slot))
{
	const struct issue *issue;
	struct reply reply;

	if (!request->state && !(begin(request) && issue_now(request)))
		return;
	issue = request->state;
	if (issue->failure != FAILURE_NONE) {
		reply_failure(request, issue->failure, &issue->why);
		return;
	}
	reply = reply_text(200, type, write(&issue->slot));
	reply_header(&reply, "Cache-Control", "no-store");
	reply_send(request, &reply);
}
