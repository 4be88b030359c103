#include "store/relay_private.h"

#include <string.h>

/*
 * What earlier uploads have found out about a store: whether it knows
 * If-None-Match and answers Expect. A store is a scheme, host and port.
 */

/* A store may learn to answer Expect; each attempt costs a second. */
#define SILENT_SECONDS 3600

struct span relay_origin(struct span url)
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

static struct span origin_of(const struct relay_upload *upload)
{
	return span_of(upload->handle->origin);
}

void relay_recall(const struct relay_upload *upload, bool *ret_condition,
    bool *ret_expectation)
{
	const struct relay *relay = upload->relay;
	const struct relay_store *store =
	    find(upload->relay, origin_of(upload), false);

	*ret_condition = !store || !store->no_condition;
	*ret_expectation =
	    !store || relay->now / 1000000 >= store->silent_until;
}

void relay_learn_condition(const struct relay_upload *upload, bool known)
{
	struct relay_store *store =
	    find(upload->relay, origin_of(upload), !known);

	if (store)
		store->no_condition = !known;
}

void relay_learn_silence(const struct relay_upload *upload)
{
	struct relay *relay = upload->relay;
	struct relay_store *store = find(relay, origin_of(upload), true);

	if (store)
		store->silent_until = relay->now / 1000000 + SILENT_SECONDS;
}
