#include "endpoint/authenticate.h"
#include "endpoint/json.h"
#include "endpoint/query.h"
#include "http/reply.h"
#include "endpoint/routes.h"
#include "service/clock.h"

#include <stdlib.h>

/* GET and DELETE /quota?jid=: shows or resets the usage of a user. */
struct look {
	bool reset; /* DELETE */
	struct jid jid;
	struct span user; /* the bare JID, as the counter knows it */
	char memory[QUOTA_ACCOUNT_MAX + 1];
	bool reached;
	struct json_quota found;
};

static void forget(struct request *request)
{
	free(request->state);
}

/* The accounts of the purposes whose bytes are counted by themselves. */
static bool run_own(struct quota *quota, struct look *look, int64_t now)
{
	struct buf account;

	for (unsigned i = 0; i < PURPOSE_COUNT; i++) {
		const struct policy *policy =
		    policies_for(look->found.policies, i);

		if (!policy || !policy->own_bytes)
			continue;
		buf_init(&account, look->memory, sizeof look->memory);
		jid_bare(&look->jid, &account);
		buf_char(&account, '/');
		buf_text(&account, purpose_name(i));
		if (look->reset &&
		    !quota->class->reset(quota, buf_span(&account)))
			return false;
		if (!quota->class->use(
			quota, buf_span(&account), now, &look->found.own[i]))
			return false;
	}
	return true;
}

static void run(void *argument)
{
	struct request *request = argument;
	struct look *look = request->state;
	struct quota *quota = request->server->counter.quota;
	struct quota_use whole = { 0 };
	int64_t now = clock_millis();

	if (look->reset && !quota->class->reset(quota, look->user))
		return;
	if (!quota->class->use(quota, look->user, now, &look->found.use))
		return;
	if (look->jid.local.len) {
		if (!quota->class->use(quota, look->jid.domain, now, &whole))
			return;
		look->found.use.domain_bytes = whole.domain_bytes;
		look->found.use.domain_free_at = whole.domain_free_at;
	}
	look->reached = run_own(quota, look, now);
}

static void answer(struct request *request)
{
	const struct look *look = request->state;
	const struct refusal why = {
		.detail = "quota counts cannot be reached; try again later"
	};

	if (look->reached)
		reply_send_text(request, "application/json",
		    json_quota_write(&look->found));
	else
		reply_failure(request, FAILURE_UNAVAILABLE, &why);
}

static void begin(struct request *request)
{
	const struct refusal why = { 0 };
	struct look *look = calloc(1, sizeof *look);
	struct buf user;

	if (!look) {
		reply_failure(request, FAILURE_UNAVAILABLE, &why);
		return;
	}
	request->state = look;
	request->state_free = forget;
	if (!query_jid(request, &look->jid))
		return;
	buf_init(&user, look->memory, sizeof look->memory);
	jid_bare(&look->jid, &user);
	look->user = buf_span(&user);
	look->reset = span_is(request->method, "DELETE");
	look->found.policies =
	    service_issuer(request->service, look->jid.domain)->policies;
	who_name(request->service, &look->jid, &request->who);
	if (request->server->counter.quota->class->waits) {
		request_wait(
		    request, request->server->counter.askers, run, answer);
		return;
	}
	run(request);
	answer(request);
}

static void end(struct request *request)
{
	authenticate(request, begin);
}

const struct endpoint quota_get = {
	.method = "GET", .personal = true, .end = end
};
const struct endpoint quota_delete = {
	.method = "DELETE", .personal = true, .end = end
};
