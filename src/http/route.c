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

static bool gives_files(const struct service *service)
{
	return service->fs || redirect_offered(service);
}

bool route_has_files(const struct service *service)
{
	return gives_files(service) || takes_uploads(service) ||
	       conf_sends(service->conf);
}

static const struct route routes[] = {
	{ "/slot", DOOR_LISTEN, NULL, false, "GET, POST",
	    ENDPOINTS(&slot_post, &slot_get) },
	{ "/limits", DOOR_LISTEN, NULL, false, "GET, HEAD",
	    ENDPOINTS(&limits_get) },
	{ "/quota", DOOR_LISTEN, NULL, false, "DELETE, GET, HEAD",
	    ENDPOINTS(&quota_get, &quota_delete) },
	{ "/healthz", DOOR_LISTEN | DOOR_PUBLIC, NULL, false, "GET, HEAD",
	    ENDPOINTS(&healthz_get) },
	{ "/readyz", DOOR_LISTEN, NULL, false, "GET, HEAD",
	    ENDPOINTS(&readyz_get) },
	{ "/metrics", DOOR_LISTEN, NULL, false, "GET, HEAD",
	    ENDPOINTS(&metrics_get) },
	{ "/openapi.yaml", DOOR_LISTEN, NULL, false, "GET, HEAD",
	    ENDPOINTS(&openapi_get) },
	{ "/u/", DOOR_PUBLIC, takes_uploads, true, "PUT, OPTIONS",
	    ENDPOINTS(&upload_put, &cors_options) },
	{ "/f/", DOOR_PUBLIC, gives_files, true, "GET, HEAD, OPTIONS",
	    ENDPOINTS(&file_get, &cors_options) },
};

static bool matches(const struct route *route, struct span path)
{
	size_t len = strlen(route->path);

	if (route->path[len - 1] == '/')
		return span_starts(path, route->path);
	return span_is(path, route->path);
}

/* Below the base of each caller that has one. */
static const struct route share_route = { "", DOOR_PUBLIC, NULL, true,
	"GET, HEAD, PUT, OPTIONS",
	ENDPOINTS(&share_put, &share_get, &cors_options) };

static const struct caller *find_share(const struct request *request)
{
	const struct conf *conf = request->service->conf;

	if (!(share_route.doors & request->entrance->doors))
		return NULL;
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
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
		const struct route *route = &routes[i];

		if (!(route->doors & request->entrance->doors) ||
		    (route->there && !route->there(request->service)))
			continue;
		if (matches(route, request->path))
			return route;
	}
	request->share = find_share(request);
	return request->share ? &share_route : NULL;
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

#define ROUTES (sizeof routes / sizeof *routes)

_Static_assert(ROUTES + 3 <= METRICS_ROUTES, "a number for each");

unsigned route_number(const struct request *request)
{
	if (!request->route)
		return ROUTES + 1;
	if (request->route == &share_route)
		return ROUTES;
	return (unsigned)(request->route - routes);
}

void route_names(const char *ret_names[METRICS_ROUTES])
{
	for (size_t i = 0; i < ROUTES; i++)
		ret_names[i] = routes[i].path;
	ret_names[ROUTES] = "base";
	ret_names[ROUTES + 1] = "none";
	ret_names[ROUTES + 2] = NULL;
}
