#include "http/route.h"

#include "http/redirect.h"

#include <string.h>

#define ENDPOINTS(...)                                                         \
	(const struct endpoint *const[])                                       \
	{                                                                      \
		__VA_ARGS__, NULL                                              \
	}

static bool takes_uploads(const struct service *service)
{
	return service->fs || conf_has_relay(service->conf);
}

bool route_gives_files(const struct service *service)
{
	return service->fs || redirect_offered(service);
}

static const struct route routes[] = {
	{ "/slot", DOOR_LISTEN, NULL, false, "GET, POST",
	    ENDPOINTS(&slot_post, &slot_get) },
	{ "/limits", DOOR_LISTEN, NULL, false, "GET, HEAD",
	    ENDPOINTS(&limits_get) },
	{ "/healthz", DOOR_LISTEN | DOOR_PUBLIC, NULL, false, "GET, HEAD",
	    ENDPOINTS(&healthz_get) },
	{ "/readyz", DOOR_LISTEN, NULL, false, "GET, HEAD",
	    ENDPOINTS(&readyz_get) },
	{ "/openapi.yaml", DOOR_LISTEN, NULL, false, "GET, HEAD",
	    ENDPOINTS(&openapi_get) },
	{ "/u/", DOOR_PUBLIC, takes_uploads, true, "PUT, OPTIONS",
	    ENDPOINTS(&upload_put, &cors_options) },
	{ "/f/", DOOR_PUBLIC, route_gives_files, true, "GET, HEAD, OPTIONS",
	    ENDPOINTS(&file_get, &cors_options) },
};

static bool matches(const struct route *route, struct span path)
{
	size_t len = strlen(route->path);

	if (route->path[len - 1] == '/')
		return span_starts(path, route->path);
	return span_is(path, route->path);
}

const struct route *route_find(const struct request *request)
{
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
		const struct route *route = &routes[i];

		if (!(route->doors & request->entrance->doors) ||
		    (route->there && !route->there(request->server->service)))
			continue;
		if (matches(route, request->path))
			return route;
	}
	return NULL;
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
