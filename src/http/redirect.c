#include "http/redirect.h"

#include "core/uri.h"
#include "http/reply.h"
#include "http/world.h"
#include "slot/link.h"
#include "slot/slot.h"
#include "store/s3.h"

#include <string.h>

/* TOKEN, a slash and the object key. */
#define LINK_MAX (LINK_TOKEN + 1 + OBJECT_KEY_MAX)

/* Whatever its `get` is now: links that were once shared never end. */
static bool knows_links(const struct s3_config *config)
{
	return config && config->keyring && config->keyring->count &&
	       config->public_url.len;
}

bool redirect_offered(const struct service *service)
{
	for (size_t i = 0; i < service->conf->storage_count; i++)
		if (knows_links(s3_config_of(service->stores[i])))
			return true;
	return false;
}

/* The store that has made this token for this key; NULL: none. */
static struct store *find_store(
    const struct service *service, struct span token, struct span key)
{
	for (size_t i = 0; i < service->conf->storage_count; i++) {
		struct store *store = service->stores[i];
		const struct s3_config *config = s3_config_of(store);

		if (knows_links(config) &&
		    link_token_check(config->keyring, token, config->name, key))
			return store;
	}
	return NULL;
}

/*
 * How long a browser may keep the answer; a cache that many share may not,
 * since it would answer HEAD with the URL for GET. Its URL was signed up to
 * half of get_ttl ago and so lives for another half at least: who follows it
 * at the end of this quarter still has a quarter. Where credentials end
 * before, half of what is left.
 */
static void add_cache_control(
    struct reply *reply, uint32_t get_ttl, int64_t now, int64_t ends)
{
	int64_t age = get_ttl / 4;
	char memory[48];
	struct buf text;

	buf_init(&text, memory, sizeof memory);
	buf_text(&text, "private, max-age=");
	if (ends && (ends - now) / 2 < age)
		age = (ends - now) / 2;
	buf_u64(&text, (uint64_t)(age > 0 ? age : 0));
	reply_header(reply, "Cache-Control", text.at);
}

void redirect_lead(
    struct request *request, struct store *store, struct span key)
{
	char memory[SLOT_URL_MAX];
	struct buf location;
	struct refusal why = { 0 };
	const int64_t now = world_unix();
	enum failure failure;
	struct reply reply;
	const char *type;
	int64_t ends;

	buf_init(&location, memory, sizeof memory);
	failure = s3_redirect(
	    store, request->method, key, now, &location, &type, &ends, &why);
	if (failure == FAILURE_NONE && !buf_ok(&location)) {
		why.reason = "a URL is longer than SLOT_URL_MAX";
		failure = FAILURE_INTERNAL;
	}
	if (failure != FAILURE_NONE) {
		reply_failure(request, failure, &why);
		return;
	}
	/* The type of what is there: libsoup would guess one from the empty
	 * body, and clients that show pictures believe the first answer. */
	reply = reply_static(302, type, SPAN_EMPTY);
	reply_header(&reply, "Location", location.at);
	add_cache_control(&reply, s3_config_of(store)->get_ttl, now, ends);
	reply_send(request, &reply);
}

bool redirect_answer(struct request *request)
{
	char memory[LINK_MAX + 1];
	struct buf text;
	struct span key, token;
	struct store *store;

	/* Decoded as a whole: some clients re-encode URLs. */
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
