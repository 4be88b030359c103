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
	struct issue *issue = malloc(size);

	if (!issue) {
		reply_failure(request, FAILURE_UNAVAILABLE, &why);
		return NULL;
	}
	/* Clearing the room for two URLs would cost more than signing them. */
	issue->request = (struct slot_request){ 0 };
	issue->done = done;
	issue->jid_why = issue->why = why;
	issue->slot.counted = issue->slot.charged = false;
	request->state = issue;
	request->state_free = forget;
	return issue;
}

static bool needs_disk(const struct request *request, const struct issue *issue)
{
	return issue->jid_failure == FAILURE_NONE &&
	       service_issuer(request->service, issue->jid.domain)
		   ->store->class->waits;
}

/* The policy of the slot. NULL: there is none for its purpose. */
static const struct policy *policy_of(
    const struct request *request, const struct issue *issue)
{
	return policies_for(
	    service_issuer(request->service, issue->jid.domain)->policies,
	    issue->request.purpose);
}

/* Whether the counter may wait for a network: for the domain's quota, or to
 * check the nonce. */
static bool needs_counter(
    const struct request *request, const struct issue *issue)
{
	const struct policy *policy = NULL;

	if (!request->server->counter.quota->class->waits)
		return false;
	if (issue->jid_failure == FAILURE_NONE)
		policy = policy_of(request, issue);
	return request->nonce.caller.len || (policy && policy_counts(policy));
}

/* Enters a nonce that was not entered together with the slot. A replay is
 * reported before any other failure. */
static void enter_nonce(const struct request *request, struct issue *issue)
{
	struct refusal why = { 0 };
	enum failure failure = authenticate_nonce(request,
	    issue->jid_failure == FAILURE_NONE ? issue->jid.domain : SPAN_EMPTY,
	    &why);

	if (failure == FAILURE_NONE ||
	    (failure != FAILURE_REPLAYED && issue->failure != FAILURE_NONE))
		return;
	issue->failure = failure;
	issue->why = why;
}

/* The first characters of {random}, for the log. */
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
	issue->failure = issue->jid_failure;
	issue->why = issue->jid_why;
	if (issue->failure == FAILURE_NONE)
		issue->failure =
		    slot_issue(&request->service->issuers, &issue->request,
			clock_millis(), random, &issue->slot, &issue->why);
	if (!issue->slot.counted)
		enter_nonce(request, issue);
	if (issue->failure == FAILURE_NONE)
		note_slot(request, random);
}

/* Logged once when a user comes near the quota. */
static void note_nearly(
    const struct request *request, const struct issue *issue)
{
	struct log_line line;

	if (!issue->slot.nearly)
		return;
	log_begin(
	    &line, &request->service->log, CONF_LOG_INFO, "quota nearly used");
	if (request->user[0])
		log_text(&line, "user", request->user);
	log_text(&line, "domain", request->domain);
	if (request->jid[0])
		log_text(&line, "jid", request->jid);
	log_u64(&line, "bytes", issue->slot.nearly);
	log_u64(
	    &line, "bytes_per_day", policy_of(request, issue)->bytes_per_day);
	log_end(&line);
}

static void answer(struct request *request)
{
	const struct issue *issue = request->state;

	if (issue->failure != FAILURE_NONE) {
		reply_failure(request, issue->failure, &issue->why);
		return;
	}
	note_nearly(request, issue);
	metrics_slot(request->server->metrics, span_of(request->caller),
	    span_of(request->domain), issue->request.size);
	reply_send_text(request, issue->type, issue->write(&issue->slot));
}

void issue_slot(struct request *request, const char *type,
    char *(*write)(const struct slot *slot))
{
	struct server *server = request->server;
	struct issue *issue = request->state;

	issue->type = type;
	issue->write = write;
	issue->request.jid = &issue->jid;
	issue->jid_failure =
	    jid_read(issue->jid_text, &issue->jid, &issue->jid_why);
	request->size = issue->request.size;
	request->has_size = true;
	if (issue->jid_failure == FAILURE_NONE)
		access_jid(request, &issue->jid);
	if (needs_counter(request, issue)) {
		request_wait(request, server->counter.askers, run, answer);
	} else if (needs_disk(request, issue)) {
		request_wait(request, server->readers, run, answer);
	} else {
		run(request);
		answer(request);
	}
}
