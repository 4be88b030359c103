#include "http/reply.h"
#include "endpoint/routes.h"

/* The preflight of web clients (XEP-0363, section 7.2). */
static void answer(struct request *request)
{
	struct reply reply = reply_static(204, NULL, SPAN_EMPTY);

	reply_header(
	    &reply, "Access-Control-Allow-Methods", "OPTIONS, HEAD, GET, PUT");
	reply_header(&reply, "Access-Control-Allow-Headers",
	    "Authorization, Content-Type");
	reply_header(&reply, "Access-Control-Max-Age", "86400");
	reply_header(&reply, "Allow", request->route->allow);
	reply_send(request, &reply);
}

const struct endpoint cors_options = {
	.method = "OPTIONS", .idle = true, .end = answer
};
