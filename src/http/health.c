#include "http/reply.h"
#include "http/route.h"

static void answer(struct request *request, unsigned status, const char *text)
{
	struct reply reply =
	    reply_static(status, "text/plain; charset=utf-8", span_of(text));

	reply_header(&reply, "Cache-Control", "no-store");
	reply_send(request, &reply);
}

static void alive(struct request *request)
{
	answer(request, 200, "ok\n");
}

static void ready(struct request *request)
{
	struct refusal why = { .detail = "the service is stopping" };
	char memory[CREDS_WHY + 128];
	struct buf lack;

	buf_init(&lack, memory, sizeof memory);
	if (atomic_load(&request->server->draining)) {
		reply_failure(request, FAILURE_UNAVAILABLE, &why);
	} else if (service_lacks(request->service, &lack)) {
		why.detail = lack.at;
		reply_failure(request, FAILURE_UNAVAILABLE, &why);
	} else
		answer(request, 200, "ready\n");
}

const struct endpoint healthz_get = { .method = "GET", .end = alive };
const struct endpoint readyz_get = { .method = "GET", .end = ready };
