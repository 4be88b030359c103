#include "http/authenticate.h"

#include "http/reply.h"
#include "http/world.h"

#include <string.h>

const struct caller *authenticate(struct request *request)
{
	const struct server *server = request->server;
	struct auth_request signed_request = {
		.header = request_header(request, "Authorization"),
		.method = request->method,
		.base_path = server->service->conf->base_path,
		.target = request->target,
		.body = { request->body, request->body_len },
		.now = world_unix(),
	};
	const struct caller *caller = NULL;
	struct refusal why = { 0 };
	enum failure failure;

	if (request->many_authorizations) {
		failure = FAILURE_UNAUTHORIZED;
		why.reason = "more than one Authorization header";
	} else {
		failure =
		    auth_check(&server->auth, &signed_request, &caller, &why);
	}
	if (failure != FAILURE_NONE) {
		reply_failure(request, failure, &why);
		return NULL;
	}
	memcpy(request->caller, caller->id.at, caller->id.len);
	request->caller[caller->id.len] = '\0';
	return caller;
}
