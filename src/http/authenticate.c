#include "http/authenticate.h"

#include "http/reply.h"
#include "http/world.h"
#include "slot/basic.h"

#include <string.h>

/* Remembers the caller for the log; or replies and gives NULL. */
static const struct caller *conclude(struct request *request,
    enum failure failure, const struct caller *caller,
    const struct refusal *why)
{
	if (failure != FAILURE_NONE) {
		reply_failure(request, failure, why);
		return NULL;
	}
	memcpy(request->caller, caller->id.at, caller->id.len);
	request->caller[caller->id.len] = '\0';
	return caller;
}

/* The value of the one Authorization header; false: there are several. */
static bool find_header(
    struct request *request, struct span *ret_header, struct refusal *why)
{
	*ret_header = request_header(request, "Authorization");
	if (request->many_authorizations)
		why->reason = "more than one Authorization header";
	return !request->many_authorizations;
}

const struct caller *authenticate(struct request *request)
{
	const struct server *server = request->server;
	struct auth_request signed_request = {
		.method = request->method,
		.base_path = server->service->conf->base_path,
		.target = request->target,
		.body = { request->body, request->body_len },
		.now = world_unix(),
	};
	const struct caller *caller = NULL;
	enum failure failure = FAILURE_UNAUTHORIZED;
	struct refusal why = { 0 };

	if (find_header(request, &signed_request.header, &why))
		failure =
		    auth_check(&server->auth, &signed_request, &caller, &why);
	return conclude(request, failure, caller, &why);
}

const struct caller *authenticate_basic(struct request *request)
{
	const struct caller *caller = NULL;
	enum failure failure = FAILURE_UNAUTHORIZED;
	struct refusal why = { 0 };
	struct span header;

	if (find_header(request, &header, &why))
		failure =
		    basic_check(&request->server->auth, header, &caller, &why);
	return conclude(request, failure, caller, &why);
}
