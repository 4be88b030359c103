#include "cmd/command_link.h"

#include "slot/dialect.h"
#include "slot/link.h"

/* Whether the link leads into this store. */
static bool read_store(const struct service *service, size_t number,
    struct span text, struct command_link *link)
{
	struct store *store = service->stores[number];
	struct buf key;

	buf_init(&key, link->memory, sizeof link->memory);
	if (!store->class->read_url(store, text, &key))
		return false;
	link->key = buf_span(&key);
	link->reading = (struct key_reading){ 0 };
	link->made = key_template_read(
	    &service->templates[number], link->key, &link->reading);
	return true;
}

/* Finds the first store whose template made the key. */
static bool find_made(
    const struct service *service, struct span text, struct command_link *link)
{
	for (size_t i = 0; i < service->store_count; i++)
		if (read_store(service, i, text, link) && link->made)
			return true;
	return false;
}

size_t command_link_owned(
    const struct service *service, struct span text, struct command_link *links)
{
	size_t count = 0;

	for (size_t i = 0; i < service->store_count; i++) {
		struct command_link *link = &links[count];

		link->caller = NULL;
		if (read_store(service, i, text, link) && link->made &&
		    (link->reading.owner.len || link->reading.user.len))
			count++;
	}
	return count;
}

/* Whether the link leads below this caller's base at public_url. */
static bool read_below_base(const struct service *service,
    const struct caller *caller, struct span text, struct command_link *link)
{
	char memory[LINK_PATH_MAX + 1];
	struct span base = span_from(caller->base, 1), filename;
	struct buf rest, key;

	buf_init(&rest, memory, sizeof memory);
	buf_init(&key, link->memory, sizeof link->memory);
	if (!link_below(text, service->conf->public_url, &rest) ||
	    !span_equal(span_first(buf_span(&rest), base.len), base) ||
	    !dialect_key(
		caller, span_from(buf_span(&rest), base.len), &key, &filename))
		return false;
	link->key = buf_span(&key);
	return true;
}

static bool find_below_base(
    const struct service *service, struct span text, struct command_link *link)
{
	const struct conf *conf = service->conf;

	for (size_t i = 0; i < conf->caller_count; i++) {
		const struct caller *caller = &conf->callers[i];

		if (!dialect_makes_urls(caller->dialect) ||
		    !read_below_base(service, caller, text, link))
			continue;
		link->caller = caller;
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

bool command_link_read(const struct service *service, struct span text,
    struct command_link *ret_link)
{
	ret_link->caller = NULL;
	if (find_made(service, text, ret_link))
		return true;
	ret_link->made = false;
	if (find_below_base(service, text, ret_link))
		return true;
	for (size_t i = 0; i < service->store_count; i++) {
		if (!read_store(service, i, text, ret_link))
			continue;
		ret_link->caller = caller_of(service->conf, ret_link->key);
		return true;
	}
	return false;
}
