#include "endpoint/authenticate.h"

#include "http/reply.h"
#include "service/clock.h"
#include "slot/basic.h"

#include <string.h>

/* The value of the one Authorization header. False if there are several. */
static bool find_header(
    struct request *request, struct span *ret_header, struct refusal *why)
{
	*ret_header = request->authorization;
	if (request->many_authorizations)
		why->reason = "more than one Authorization header";
	return !request->many_authorizations;
}

static void note(struct request *request, const struct caller *caller)
{
	memcpy(request->caller, caller->id.at, caller->id.len);
	request->caller[caller->id.len] = '\0';
}

/* Replies. The log has the caller that the request claims to come from, so that
 * the operator knows which one to repair. */
static void refuse(struct request *request, enum failure failure,
    const struct caller *claimed, const struct refusal *why)
{
	if (claimed) {
		note(request, claimed);
		request->claimed = true;
	}
	reply_failure(request, failure, why);
}

static void refuse_rate(struct request *request, int64_t wait)
{
	const struct refusal why = {
		.detail = "this caller sends too many requests",
		.retry_at = (clock_millis() + (wait + 999) / 1000 + 999) / 1000,
	};

	reply_failure(request, FAILURE_RATE_LIMITED, &why);
}

/* The caller is authenticated. NULL after a reply if its rate is exceeded. */
static const struct caller *admit(
    struct request *request, const struct caller *caller)
{
	int64_t wait = 0;

	note(request, caller);
	if (caller->rate)
		wait = rate_take(caller->rate, clock_micros());
	if (wait)
		refuse_rate(request, wait);
	return wait ? NULL : caller;
}

/* Keeps the nonce to be checked against other processes, if the counter is
 * shared with any. */
static void keep_nonce(struct request *request, const struct auth_claim *claim)
{
	if (!request->server->counter.quota->class->nonce)
		return;
	request->nonce = (struct quota_nonce){
		.caller = claim->caller->id,
		.nonce = claim->nonce,
		.until = claim->ts + request->service->conf->max_skew,
	};
}

/* Replies. */
static void refuse_signed(struct request *request, enum failure failure,
    const struct auth_request *at, const struct auth_claim *claim,
    const struct refusal *why)
{
	int64_t back;

	if (failure == FAILURE_RATE_LIMITED) {
		note(request, claim->caller);
		refuse_rate(request, rate_look(claim->caller->rate, at->clock));
		return;
	}
	if (failure == FAILURE_CLOCK_SKEW) {
		request->skew = claim->ts - at->now;
		server_blocked(request->server, &back);
	}
	refuse(request, failure, claim->caller, why);
}

const struct caller *authenticate_alone(struct request *request)
{
	const struct service *service = request->service;
	struct auth_request signed_request = {
		.method = request->method,
		.base_path = service->conf->base_path,
		.target = request->target,
		.body = { request->body, request->body_len },
		.now = clock_unix(),
		.clock = clock_micros(),
	};
	struct auth_claim claim = { 0 };
	enum failure failure = FAILURE_UNAUTHORIZED;
	struct refusal why = { 0 };

	if (find_header(request, &signed_request.header, &why))
		failure =
		    auth_check(&service->auth, &signed_request, &claim, &why);
	if (failure != FAILURE_NONE) {
		refuse_signed(request, failure, &signed_request, &claim, &why);
		return NULL;
	}
	server_unblocked(request->server);
	keep_nonce(request, &claim);
	return admit(request, claim.caller);
}

enum failure authenticate_nonce(
    const struct request *request, struct span domain, struct refusal *why)
{
	struct quota *quota = request->server->counter.quota;
	struct quota_nonce nonce = request->nonce;

	if (!nonce.caller.len)
		return FAILURE_NONE;
	nonce.domain = domain;
	return quota->class->nonce(quota, &nonce, clock_millis(), why);
}

static void check_nonce(void *argument)
{
	struct request *request = argument;

	request->seen =
	    authenticate_nonce(request, SPAN_EMPTY, &request->seen_why);
}

static void nonce_checked(struct request *request)
{
	if (request->seen == FAILURE_NONE)
		request->authenticated(request);
	else
		reply_failure(request, request->seen, &request->seen_why);
}

void authenticate(
    struct request *request, void (*then)(struct request *request))
{
	request->signer = authenticate_alone(request);
	if (!request->signer)
		return;
	request->authenticated = then;
	if (request->nonce.caller.len)
		request_wait(request, request->server->counter.askers,
		    check_nonce, nonce_checked);
	else
		then(request);
}

const struct caller *authenticate_basic(struct request *request)
{
	const struct auth *auth = &request->service->auth;
	const struct caller *caller = NULL;
	enum failure failure = FAILURE_UNAUTHORIZED;
	struct refusal why = { 0 };
	struct span header;

	if (find_header(request, &header, &why))
		failure = basic_check(auth, header, &caller, &why);
	if (failure == FAILURE_NONE)
		return admit(request, caller);
	refuse(request, failure, caller, &why);
	return NULL;
}
