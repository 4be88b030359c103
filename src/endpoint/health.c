#include "http/reply.h"
#include "endpoint/routes.h"

#include <inttypes.h>
#include <stdio.h>

static void answer(struct request *request, const char *text)
{
	struct reply reply =
	    reply_static(200, "text/plain; charset=utf-8", span_of(text));

	reply_header(&reply, "Cache-Control", "no-store");
	reply_send(request, &reply);
}

static void alive(struct request *request)
{
	answer(request, "ok\n");
}

/* Whether callers that sign their requests cannot be served. */
static bool is_blocked(const struct request *request, char *text, size_t size)
{
	const struct conf *conf = request->service->conf;
	int64_t left, back;
	bool any = false;

	for (size_t i = 0; i < conf->caller_count; i++)
		any |= conf->callers[i].dialect == DIALECT_SLOTD;
	left = any ? server_blocked(request->server, &back) : 0;
	if (left > 0)
		snprintf(text, size,
		    "the clock stepped back %" PRId64
		    " s: signed requests are refused for another %" PRId64
		    " s; restart slotd",
		    back, left);
	return left > 0;
}

/* Whether a store's disk takes no uploads. A full disk does not count:
 * downloads go on, and uploads are refused with a reason. */
static bool has_bad_disk(const struct request *request, struct buf *text)
{
	const struct service *service = request->service;

	for (size_t i = 0; i < service->store_count; i++) {
		const struct store *store = service->stores[i];
		const struct store_fault *fault =
		    store->class->fault ? store->class->fault(store) : NULL;

		if (!fault || fault->failure != FAILURE_UNAVAILABLE)
			continue;
		buf_text(text, "the embedded store takes no uploads: ");
		buf_text(text, fault->reason);
		return true;
	}
	return false;
}

static void ready(struct request *request)
{
	struct refusal why = { .detail = "the service is stopping" };
	char memory[CREDS_WHY + 128];
	struct buf lack;

	buf_init(&lack, memory, sizeof memory);
	if (!atomic_load(&request->server->draining)) {
		if (!service_lacks(request->service, &lack) &&
		    !has_bad_disk(request, &lack) &&
		    !is_blocked(request, memory, sizeof memory)) {
			answer(request, "ready\n");
			return;
		}
		why.detail = memory;
	}
	reply_failure(request, FAILURE_UNAVAILABLE, &why);
}

const struct endpoint healthz_get = {
	.method = "GET", .quiet = true, .end = alive
};
const struct endpoint readyz_get = {
	.method = "GET", .quiet = true, .end = ready
};
