#include "xmpp/components.h"

#include <stdlib.h>

static struct connection *take(
    struct components *components, struct span domain)
{
	for (size_t i = 0; i < components->count; i++) {
		struct connection *found = components->list[i];

		if (!found || !span_equal(connection_domain(found), domain))
			continue;
		components->list[i] = NULL;
		return found;
	}
	return NULL;
}

bool components_use(struct components *components, const struct conf *conf)
{
	struct connection **list =
	    calloc(conf->component_count + 1, sizeof *list);
	size_t count = 0;
	bool all = true;

	if (!list)
		return false;
	for (size_t i = 0; i < conf->component_count; i++) {
		struct span domain = conf->components[i].caller.id;
		struct connection *connection = take(components, domain);

		if (connection)
			connection_wake(connection);
		else
			connection =
			    connection_open(&components->house, domain);
		if (connection)
			list[count++] = connection;
		else
			all = false;
	}
	components_close(components);
	components->list = list;
	components->count = count;
	return all;
}

void components_end(struct components *components)
{
	for (size_t i = 0; i < components->count; i++)
		if (components->list[i])
			connection_end(components->list[i]);
}

void components_close(struct components *components)
{
	components_end(components);
	for (size_t i = 0; i < components->count; i++)
		if (components->list[i])
			connection_close(components->list[i]);
	free(components->list);
	components->list = NULL;
	components->count = 0;
}
