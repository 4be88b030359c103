#include "endpoint/authenticate.h"
#include "endpoint/query.h"
#include "endpoint/routes.h"
#include "http/reply.h"
#include "service/clock.h"
#include "service/erasure.h"

#include <stdio.h>
#include <stdlib.h>

/* DELETE /files?jid=: all files of a user are to go. */
struct erasing {
	struct jid jid;
	enum failure failure;
	struct refusal why;
	char reason[sizeof((struct request *)0)->reason + 64];
};

static void forget(struct request *request)
{
	free(request->state);
}

/* On a pool's thread. */
static void run(void *argument)
{
	struct request *request = argument;
	struct erasing *erasing = request->state;
	size_t store = 0;
	struct span name;

	erasing->failure = erasure_note(request->service, &erasing->jid,
	    clock_unix(), &store, &erasing->why);
	if (!erasing->failure)
		return;
	name = request->service->conf->storages[store].name;
	snprintf(erasing->reason, sizeof erasing->reason, "storage %.*s: %s",
	    (int)name.len, name.at,
	    erasing->why.reason ? erasing->why.reason : "");
	erasing->why.reason = erasing->reason;
}

static void answer(struct request *request)
{
	const struct erasing *erasing = request->state;
	struct reply reply;

	if (erasing->failure) {
		reply_failure(request, erasing->failure, &erasing->why);
		return;
	}
	if (request->server->has_sweeper)
		sweeper_wake(&request->server->sweeper);
	reply = reply_static(202, NULL, SPAN_EMPTY);
	reply_header(&reply, "Cache-Control", "no-store");
	reply_send(request, &reply);
}

static void begin(struct request *request)
{
	struct refusal why = { 0 };
	struct erasing *erasing = calloc(1, sizeof *erasing);

	if (!erasing) {
		reply_failure(request, FAILURE_UNAVAILABLE, &why);
		return;
	}
	request->state = erasing;
	request->state_free = forget;
	if (!query_jid(request, &erasing->jid))
		return;
	who_name(request->service, &erasing->jid, &request->who);
	if (erasure_possible_for(request->service, &erasing->jid)) {
		request_wait(request, request->server->erasers, run, answer);
		return;
	}
	why.detail = "object keys of this server do not tell whose file it is: "
		     "storage.key has neither {owner} nor {user}; its default "
		     "has {owner} once key_file is set";
	reply_failure(request, FAILURE_NOT_IMPLEMENTED, &why);
}

static void end(struct request *request)
{
	authenticate(request, begin);
}

const struct endpoint files_delete = {
	.method = "DELETE", .personal = true, .end = end
};
