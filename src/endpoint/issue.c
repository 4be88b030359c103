#include "endpoint/issue.h"

#include "endpoint/authenticate.h"
#include "http/reply.h"

#include <stdlib.h>
#include <string.h>

static void undo(void *argument)
{
	struct issue *issue = argument;

	slot_give_back(issue->quota, &issue->issuance.slot);
}

/* A slot whose answer was not sent is uncounted, because its client will ask
 * again. If that may wait, a thread of the counter does it and frees the
 * issue. */
static void forget(struct request *request)
{
	struct issue *issue = request->state;

	if (issue->done)
		issue->done(issue);
	issue->quota = request->server->counter.quota;
	issue->undo = (struct pool_job){
		.run = undo,
		.done = free,
		.argument = issue,
	};
	if (request->whole || !issue->issuance.slot.charged) {
		free(issue);
	} else if (issue->quota->class->waits) {
		pool_run(request->server->counter.askers, &issue->undo);
	} else {
		undo(issue);
		free(issue);
	}
}

void *issue_new(
    struct request *request, size_t size, void (*done)(struct issue *issue))
{
	const struct refusal why = { 0 };
	struct issue *issue = malloc(size);

	if (!issue) {
		reply_failure(request, FAILURE_UNAVAILABLE, &why);
		return NULL;
	}
	issuance_init(&issue->issuance);
	issue->done = done;
	request->state = issue;
	request->state_free = forget;
	return issue;
}

/* Enters a nonce that was not entered together with the slot. A replay is
 * reported before any other failure. */
static void enter_nonce(
    const struct request *request, struct issuance *issuance)
{
	struct refusal why = { 0 };
	enum failure failure = authenticate_nonce(request,
	    issuance->jid_failure == FAILURE_NONE ? issuance->jid.domain
						  : SPAN_EMPTY,
	    &why);

	if (failure == FAILURE_NONE ||
	    (failure != FAILURE_REPLAYED && issuance->failure != FAILURE_NONE))
		return;
	issuance->failure = failure;
	issuance->why = why;
}

static void run(void *argument)
{
	struct request *request = argument;
	struct issue *issue = request->state;

	issuance_run(request->service, &issue->issuance);
	if (!issue->issuance.slot.counted)
		enter_nonce(request, &issue->issuance);
	if (issue->issuance.failure == FAILURE_NONE)
		memcpy(request->slot, issue->issuance.id, sizeof request->slot);
}

static void answer(struct request *request)
{
	const struct issue *issue = request->state;
	const struct issuance *issuance = &issue->issuance;

	if (issuance->failure != FAILURE_NONE) {
		reply_failure(request, issuance->failure, &issuance->why);
		return;
	}
	issuance_granted(request->service, request->server->metrics, issuance,
	    &request->who);
	reply_send_text(request, issue->type, issue->write(&issuance->slot));
}

void issue_slot(struct request *request, const char *type,
    char *(*write)(const struct slot *slot))
{
	struct issue *issue = request->state;
	struct issuance *issuance = &issue->issuance;
	enum issuance_wait wait;

	issue->type = type;
	issue->write = write;
	issuance_begin(issuance, issue->jid_text);
	request->size = issuance->request.size;
	request->has_size = true;
	if (issuance->jid_failure == FAILURE_NONE)
		who_name(request->service, &issuance->jid, &request->who);
	wait = issuance_waits(request->service, issuance);
	if (wait == ISSUANCE_AT_ONCE) {
		run(request);
		answer(request);
	} else {
		request_wait(
		    request, server_pool(request->server, wait), run, answer);
	}
}
