#include "store/relay_private.h"

#include <string.h>

/*
 * What earlier uploads have found out about a store: whether it knows
 * If-None-Match and answers Expect. A store is a scheme, host and port. Any
 * thread reads this, the relay's writes it, both with relay->lock.
 */

/* A store may learn to answer Expect; each attempt costs a second. */
#define SILENT_SECONDS 3600

static struct span origin_of(struct span url)
{
	size_t scheme = span_find(url, ':');
	struct span rest = span_from(url, scheme);

	if (!span_starts(rest, "://"))
		return SPAN_EMPTY;
	rest = span_from(rest, 3);
	return span_first(url, scheme + 3 + span_find(rest, '/'));
}

/* NULL: the store is not there and was not to be made, or there is no room. */
static struct relay_store *find(
    struct relay *relay, struct span origin, bool make)
{
	struct relay_store *store = relay->stores;
	size_t i;

	if (!origin.len || origin.len > sizeof store->origin)
		return NULL;
	for (i = 0; i < relay->store_count; i++, store++)
		if (span_equal(
			(struct span){ store->origin, store->origin_len },
			origin))
			return store;
	if (!make || i == RELAY_STORES)
		return NULL;
	relay->store_count++;
	memcpy(store->origin, origin.at, origin.len);
	store->origin_len = origin.len;
	return store;
}

void relay_recall(struct relay *relay, const char *url, bool *ret_condition,
    bool *ret_expectation)
{
	const struct relay_store *store;

	pthread_mutex_lock(&relay->lock);
	store = find(relay, origin_of(span_of(url)), false);
	*ret_condition = !store || !store->no_condition;
	*ret_expectation =
	    !store || relay->clock() / 1000000 >= store->silent_until;
	pthread_mutex_unlock(&relay->lock);
}

static const char *url_of(const struct relay_upload *upload)
{
	char *url = NULL;

	curl_easy_getinfo(upload->curl, CURLINFO_EFFECTIVE_URL, &url);
	return url ? url : "";
}

void relay_learn_condition(const struct relay_upload *upload, bool known)
{
	struct relay *relay = upload->relay;
	struct relay_store *store;

	pthread_mutex_lock(&relay->lock);
	store = find(relay, origin_of(span_of(url_of(upload))), !known);
	if (store)
		store->no_condition = !known;
	pthread_mutex_unlock(&relay->lock);
}

void relay_learn_silence(const struct relay_upload *upload)
{
	struct relay *relay = upload->relay;
	struct relay_store *store;

	pthread_mutex_lock(&relay->lock);
	store = find(relay, origin_of(span_of(url_of(upload))), true);
	if (store)
		store->silent_until = relay->clock() / 1000000 + SILENT_SECONDS;
	pthread_mutex_unlock(&relay->lock);
}
