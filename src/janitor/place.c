#include "janitor/place.h"

#include "slot/dialect.h"
#include "slot/link.h"

bool place_in_store(const struct service *service, size_t number,
    struct span link, struct place *ret_place)
{
	struct store *store = service->stores[number];
	struct key_reading reading;
	struct buf key;

	buf_init(&key, ret_place->memory, sizeof ret_place->memory);
	if (!store->class->read_url(store, link, &key))
		return false;
	ret_place->number = number;
	ret_place->key = buf_span(&key);
	ret_place->made = key_template_read_any(
	    &service->templates[number], ret_place->key, &reading);
	ret_place->caller = NULL;
	return true;
}

/* Finds the first store whose template made the key. */
static bool find_made(
    const struct service *service, struct span link, struct place *place)
{
	for (size_t i = 0; i < service->store_count; i++)
		if (place_in_store(service, i, link, place) && place->made)
			return true;
	return false;
}

static size_t number_of(
    const struct service *service, const struct store *store)
{
	size_t number = 0;

	while (service->stores[number] != store)
		number++;
	return number;
}

/* Whether the link leads below this caller's base at public_url. */
static bool read_below_base(const struct service *service,
    const struct caller *caller, struct span link, struct place *place)
{
	char memory[LINK_PATH_MAX + 1];
	struct span base = span_from(caller->base, 1), filename;
	struct buf rest, key;

	buf_init(&rest, memory, sizeof memory);
	buf_init(&key, place->memory, sizeof place->memory);
	if (!link_below(link, service->conf->public_url, &rest) ||
	    !span_equal(span_first(buf_span(&rest), base.len), base) ||
	    !dialect_key(
		caller, span_from(buf_span(&rest), base.len), &key, &filename))
		return false;
	place->key = buf_span(&key);
	place->number =
	    number_of(service, service_base_issuer(service, caller)->store);
	return true;
}

static bool find_below_base(
    const struct service *service, struct span link, struct place *place)
{
	const struct conf *conf = service->conf;

	for (size_t i = 0; i < conf->caller_count; i++) {
		const struct caller *caller = &conf->callers[i];

		if (!dialect_makes_urls(caller->dialect) ||
		    !read_below_base(service, caller, link, place))
			continue;
		place->caller = caller;
		return true;
	}
	return false;
}

/* The caller whose base the key begins with; NULL: there is none. */
static const struct caller *caller_of(const struct conf *conf, struct span key)
{
	for (size_t i = 0; i < conf->caller_count; i++) {
		const struct caller *caller = &conf->callers[i];
		struct span base = span_from(caller->base, 1);

		if (dialect_makes_urls(caller->dialect) &&
		    span_equal(span_first(key, base.len), base))
			return caller;
	}
	return NULL;
}

bool place_find(
    const struct service *service, struct span link, struct place *ret_place)
{
	ret_place->caller = NULL;
	if (find_made(service, link, ret_place))
		return true;
	ret_place->made = false;
	if (find_below_base(service, link, ret_place))
		return true;
	for (size_t i = 0; i < service->store_count; i++) {
		if (!place_in_store(service, i, link, ret_place))
			continue;
		ret_place->caller = caller_of(service->conf, ret_place->key);
		return true;
	}
	return false;
}

bool place_is_below(const struct caller *caller, struct span key)
{
	const struct span base = span_from(caller->base, 1);
	char memory[OBJECT_KEY_MAX + 1];
	struct buf made = buf_of(memory, sizeof memory);
	struct span filename;

	return span_equal(span_first(key, base.len), base) &&
	       dialect_key(
		   caller, span_from(key, base.len), &made, &filename) &&
	       span_equal(buf_span(&made), key);
}
