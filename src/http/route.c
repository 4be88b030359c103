#include "http/route.h"

#include <string.h>

static bool is_there(const struct route *route, const struct service *service)
{
	return !route->there || route->there(service);
}

static bool matches(const struct route *route, struct span path)
{
	size_t len = strlen(route->path);

	if (route->path[len - 1] == '/')
		return span_starts(path, route->path);
	return span_is(path, route->path);
}

static const struct caller *find_base_caller(const struct request *request)
{
	const struct conf *conf = request->service->conf;

	for (size_t i = 0; i < conf->caller_count; i++) {
		struct span base = conf->callers[i].base;

		if (base.len &&
		    span_equal(span_first(request->path, base.len), base))
			return &conf->callers[i];
	}
	return NULL;
}

const struct route *route_find(struct request *request)
{
	const struct routes *routes = request->server->routes;
	const unsigned roles = request->listener->roles;

	for (size_t i = 0; i < routes->count; i++) {
		const struct route *route = &routes->list[i];

		if ((route->roles & roles) &&
		    is_there(route, request->service) &&
		    matches(route, request->path))
			return route;
	}
	if (routes->base->roles & roles)
		request->base_caller = find_base_caller(request);
	return request->base_caller ? routes->base : NULL;
}

const struct endpoint *route_endpoint(
    const struct route *route, struct span method)
{
	bool head = span_is(method, "HEAD");

	for (size_t i = 0; route->endpoints[i]; i++) {
		const struct endpoint *endpoint = route->endpoints[i];

		if (span_is(method, endpoint->method) ||
		    (head && strcmp(endpoint->method, "GET") == 0 &&
			!endpoint->basic))
			return endpoint;
	}
	return NULL;
}

bool route_has_files(const struct routes *routes, const struct service *service)
{
	for (size_t i = 0; i < routes->count; i++)
		if (routes->list[i].files &&
		    is_there(&routes->list[i], service))
			return true;
	for (size_t i = 0; i < service->conf->caller_count; i++)
		if (service->conf->callers[i].base.len)
			return true;
	return false;
}

unsigned route_number(const struct request *request)
{
	const struct routes *routes = request->server->routes;

	if (!request->route)
		return (unsigned)routes->count + 1;
	if (request->route == routes->base)
		return (unsigned)routes->count;
	return (unsigned)(request->route - routes->list);
}

void route_names(
    const struct routes *routes, const char *ret_names[METRICS_ROUTES])
{
	for (size_t i = 0; i < routes->count; i++)
		ret_names[i] = routes->list[i].path;
	ret_names[routes->count] = "base";
	ret_names[routes->count + 1] = "none";
	ret_names[routes->count + 2] = NULL;
}
