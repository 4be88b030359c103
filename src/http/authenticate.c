#include "http/authenticate.h"

#include "http/reply.h"
#include "http/world.h"
#include "slot/basic.h"

#include <string.h>

/* The value of the one Authorization header; false: there are several. */
static bool find_header(
    struct request *request, struct span *ret_header, struct refusal *why)
{
	*ret_header = request_header(request, "Authorization");
	if (request->many_authorizations)
		why->reason = "more than one Authorization header";
	return !request->many_authorizations;
}

static void note(struct request *request, const struct caller *caller)
{
	memcpy(request->caller, caller->id.at, caller->id.len);
	request->caller[caller->id.len] = '\0';
}

/* Replies; whose request it claims to be tells the operator whom to mend. */
static void refuse(struct request *request, enum failure failure,
    const struct caller *claimed, const struct refusal *why)
{
	if (claimed) {
		note(request, claimed);
		request->claimed = true;
	}
	reply_failure(request, failure, why);
}

const struct caller *authenticate(struct request *request)
{
	const struct service *service = request->service;
	struct auth_request signed_request = {
		.method = request->method,
		.base_path = service->conf->base_path,
		.target = request->target,
		.body = { request->body, request->body_len },
		.now = world_unix(),
	};
	const struct caller *caller;
	enum failure failure = FAILURE_UNAUTHORIZED;
	struct refusal why = { 0 };
	struct auth_claim claim;

	if (find_header(request, &signed_request.header, &why))
		failure =
		    auth_check(&service->auth, &signed_request, &caller, &why);
	if (failure == FAILURE_NONE) {
		note(request, caller);
		return caller;
	}
	claim = auth_claim(&service->auth, signed_request.header);
	if (failure == FAILURE_CLOCK_SKEW)
		request->skew = claim.ts - signed_request.now;
	refuse(request, failure, claim.caller, &why);
	return NULL;
}

const struct caller *authenticate_basic(struct request *request)
{
	const struct auth *auth = &request->service->auth;
	const struct caller *caller;
	enum failure failure = FAILURE_UNAUTHORIZED;
	struct refusal why = { 0 };
	struct span header;

	if (find_header(request, &header, &why))
		failure = basic_check(auth, header, &caller, &why);
	if (failure == FAILURE_NONE) {
		note(request, caller);
		return caller;
	}
	refuse(request, failure, basic_claim(auth, header), &why);
	return NULL;
}
