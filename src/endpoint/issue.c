#include "endpoint/issue.h"

#include "endpoint/authenticate.h"
#include "core/base64.h"
#include "http/reply.h"
#include "service/clock.h"
#include "service/random.h"

#include <stdlib.h>
#include <string.h>

static void undo(void *argument)
{
	struct issue *issue = argument;

	slot_give_back(issue->quota, &issue->slot);
}

/* A slot whose answer did not go out is not left counted: its client will ask
 * again. Another thread may be the last to need the issue then. */
static void forget(struct request *request)
{
	struct issue *issue = request->state;

	if (issue->done)
		issue->done(issue);
	issue->quota = request->server->counter.quota;
	issue->undo = (struct job){
		.run = undo,
		.done = free,
		.argument = issue,
	};
	if (request->whole || !issue->slot.charged) {
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

static bool needs_disk(const struct request *request, const struct issue *issue)
{
	return issue->who_wrong == FAILURE_NONE &&
	       service_issuer(request->service, issue->who.domain)
		   ->store->class->waits;
}

/* The counter may ask a network, wherever the domain has a quota, and for
 * what other processes have seen. */
static bool needs_counter(
    const struct request *request, const struct issue *issue)
{
	if (!request->server->counter.quota->class->waits)
		return false;
	return request->nonce.caller.len ||
	       (issue->who_wrong == FAILURE_NONE &&
		   policy_counts(
		       service_issuer(request->service, issue->who.domain)
			   ->policy));
}

/* A nonce that was not entered together with the slot; that it was seen is
 * told first, whatever else is wrong. */
static void share(const struct request *request, struct issue *issue)
{
	struct refusal why = { 0 };
	enum failure failure = authenticate_share(request,
	    issue->who_wrong == FAILURE_NONE ? issue->who.domain : SPAN_EMPTY,
	    &why);

	if (failure == FAILURE_NONE ||
	    (failure != FAILURE_REPLAYED && issue->failure != FAILURE_NONE))
		return;
	issue->failure = failure;
	issue->why = why;
}

/* The first characters of its {random}. */
static void note_slot(struct request *request, const uint8_t *random)
{
	struct buf slot;

	buf_init(&slot, request->slot, sizeof request->slot);
	base64url_encode(&slot, random, sizeof request->slot / 4 * 3);
}

static void run(void *argument)
{
	struct request *request = argument;
	struct issue *issue = request->state;
	uint8_t random[RANDOM_BYTES];

	random_bytes(random, sizeof random);
	issue->failure = issue->who_wrong;
	issue->why = issue->who_why;
	if (issue->failure == FAILURE_NONE)
		issue->failure =
		    slot_issue(&request->service->issuers, &issue->wish,
			clock_millis(), random, &issue->slot, &issue->why);
	if (!issue->slot.counted)
		share(request, issue);
	if (issue->failure == FAILURE_NONE)
		note_slot(request, random);
}

/* For the operator, once as a user comes near his quota. */
static void note_nearly(
    const struct request *request, const struct issue *issue)
{
	const struct service *service = request->service;
	const struct policy *policy;
	struct log_line line;

	if (!issue->slot.nearly)
		return;
	policy = service_issuer(service, span_of(request->domain))->policy;
	log_begin(&line, &service->log, CONF_LOG_INFO, "quota nearly used");
	if (request->user[0])
		log_text(&line, "user", request->user);
	log_text(&line, "domain", request->domain);
	if (request->jid[0])
		log_text(&line, "jid", request->jid);
	log_u64(&line, "bytes", issue->slot.nearly);
	log_u64(&line, "bytes_per_day", policy->bytes_per_day);
	log_end(&line);
}

static void answer(struct request *request)
{
	const struct issue *issue = request->state;
	struct reply reply;

	if (issue->failure != FAILURE_NONE) {
		reply_failure(request, issue->failure, &issue->why);
		return;
	}
	note_nearly(request, issue);
	metrics_slot(request->server->metrics, span_of(request->caller),
	    span_of(request->domain), issue->wish.size);
	reply = reply_text(200, issue->type, issue->write(&issue->slot));
	reply_header(&reply, "Cache-Control", "no-store");
	reply_send(request, &reply);
}

void issue_slot(struct request *request, const char *type,
    char *(*write)(const struct slot *slot))
{
	struct server *server = request->server;
	struct issue *issue = request->state;

	issue->type = type;
	issue->write = write;
	issue->wish.jid = &issue->who;
	issue->who_wrong = jid_read(issue->jid, &issue->who, &issue->who_why);
	request->size = issue->wish.size;
	request->has_size = true;
	if (issue->who_wrong == FAILURE_NONE)
		access_jid(request, &issue->who);
	if (needs_counter(request, issue)) {
		request_wait(request, server->counter.askers, run, answer);
	} else if (needs_disk(request, issue)) {
		request_wait(request, server->readers, run, answer);
	} else {
		run(request);
		answer(request);
	}
}
