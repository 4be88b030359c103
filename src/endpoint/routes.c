#include "endpoint/routes.h"

#define ENDPOINTS(...)                                                         \
	(const struct endpoint *const[])                                       \
	{                                                                      \
		__VA_ARGS__, NULL                                              \
	}

static bool takes_uploads(const struct service *service)
{
	for (size_t i = 0; i < service->store_count; i++)
		if (service->stores[i]->takes_uploads)
			return true;
	return false;
}

static bool gives_files(const struct service *service)
{
	for (size_t i = 0; i < service->store_count; i++)
		if (service->stores[i]->gives_files)
			return true;
	return false;
}

static const struct route list[] = {
	{ "/slot", ROLE_LISTEN, NULL, false, "GET, POST",
	    ENDPOINTS(&slot_post, &slot_get) },
	{ "/limits", ROLE_LISTEN, NULL, false, "GET, HEAD",
	    ENDPOINTS(&limits_get) },
	{ "/quota", ROLE_LISTEN, NULL, false, "DELETE, GET, HEAD",
	    ENDPOINTS(&quota_get, &quota_delete) },
	{ "/files", ROLE_LISTEN, NULL, false, "DELETE",
	    ENDPOINTS(&files_delete) },
	{ "/healthz", ROLE_LISTEN | ROLE_PUBLIC, NULL, false, "GET, HEAD",
	    ENDPOINTS(&healthz_get) },
	{ "/readyz", ROLE_LISTEN, NULL, false, "GET, HEAD",
	    ENDPOINTS(&readyz_get) },
	{ "/metrics", ROLE_LISTEN, NULL, false, "GET, HEAD",
	    ENDPOINTS(&metrics_get) },
	{ "/openapi.yaml", ROLE_LISTEN, NULL, false, "GET, HEAD",
	    ENDPOINTS(&openapi_get) },
	{ "/u/", ROLE_PUBLIC, takes_uploads, true, "PUT, OPTIONS",
	    ENDPOINTS(&upload_put, &cors_options) },
	{ "/f/", ROLE_PUBLIC, gives_files, true, "GET, HEAD, OPTIONS",
	    ENDPOINTS(&file_get, &cors_options) },
};

static const struct route base = { "", ROLE_PUBLIC, NULL, true,
	"GET, HEAD, PUT, OPTIONS",
	ENDPOINTS(&dialect_put, &dialect_get, &cors_options) };

#define COUNT (sizeof list / sizeof *list)

_Static_assert(COUNT + 3 <= METRICS_ROUTES, "a number for each");

const struct routes routes_all = { list, COUNT, &base };
