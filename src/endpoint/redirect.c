#include "endpoint/redirect.h"

#include "core/uri.h"
#include "http/reply.h"
#include "service/clock.h"
#include "slot/link.h"
#include "slot/slot.h"

#include <string.h>

/* TOKEN, a slash and the object key. */
#define LINK_MAX (LINK_TOKEN + 1 + OBJECT_KEY_MAX)

/* The store that made this token for this key. NULL: none. */
static struct store *find_store(
    const struct service *service, struct span token, struct span key)
{
	for (size_t i = 0; i < service->store_count; i++) {
		struct store *store = service->stores[i];

		if (store->class->link_check &&
		    store->class->link_check(store, token, key))
			return store;
	}
	return NULL;
}

/* A browser may keep the answer. A shared cache may not: it would answer HEAD
 * with the URL for GET. */
static void add_cache_control(struct reply *reply, int64_t seconds)
{
	char memory[48];
	struct buf text;

	buf_init(&text, memory, sizeof memory);
	buf_text(&text, "private, max-age=");
	buf_u64(&text, (uint64_t)seconds);
	reply_header(reply, "Cache-Control", text.at);
}

void redirect_lead(
    struct request *request, struct store *store, struct span key)
{
	UNCLEARED char memory[SLOT_URL_MAX];
	struct buf location;
	struct refusal why = { 0 };
	struct store_lead lead = { .url = &location };
	enum failure failure;
	struct reply reply;

	buf_init(&location, memory, sizeof memory);
	failure = store->class->lead(
	    store, request->method, key, clock_unix(), &lead, &why);
	if (failure == FAILURE_NONE && !buf_ok(&location)) {
		why.reason = "a URL is longer than SLOT_URL_MAX";
		failure = FAILURE_INTERNAL;
	}
	if (failure != FAILURE_NONE) {
		reply_failure(request, failure, &why);
		return;
	}
	/* With the type of the file: libsoup would guess one from the empty
	 * body, and clients that show pictures believe the first answer. */
	reply = reply_static(302, lead.type, SPAN_EMPTY);
	reply_header(&reply, "Location", location.at);
	add_cache_control(&reply, lead.keep);
	reply_send(request, &reply);
}

bool redirect_answer(struct request *request)
{
	char memory[LINK_MAX + 1];
	struct buf text;
	struct span key, token;
	struct store *store;

	/* Decoded as a whole, because some clients re-encode URLs. */
	buf_init(&text, memory, sizeof memory);
	if (!uri_decode(&text, span_from(request->path, strlen("/f/"))))
		return false;
	key = buf_span(&text);
	token = span_cut(&key, '/');
	store = key.at ? find_store(request->service, token, key) : NULL;
	if (!store)
		return false;
	access_slot(request, service_template(request->service, store), key);
	redirect_lead(request, store, key);
	return true;
}
