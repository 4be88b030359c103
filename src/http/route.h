#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "http/request.h"

/*
 * What serves one method of one route. Each function ends with a reply, with
 * request_wait (and is then called again), or, head and body alone, with
 * neither: the request goes on.
 */
struct endpoint {
	const char *method;
	/* Another server's dialect: HTTP Basic, its query is about a user, and
	 * it does not serve HEAD, for it issues. */
	bool basic;
	/* When the head has arrived. NULL: nothing to do; the body is then
	 * collected, up to BODY_MAX. */
	void (*head)(struct request *request);
	/* Takes some of the body and gives how much; less than len only
	 * together with request_wait. NULL: collected as above. */
	size_t (*body)(struct request *request, const char *bytes, size_t len);
	/* When everything has arrived. */
	void (*end)(struct request *request);
};

struct route {
	const char *path; /* one that ends in '/' is a prefix, but for "/" */
	unsigned doors;   /* where it is served */
	/* Whether it is there with these stores; NULL: always. */
	bool (*there)(const struct service *service);
	bool cors; /* answers carry Access-Control-Allow-Origin */
	const char *allow;
	const struct endpoint *const *endpoints; /* ends with NULL */
};

/* The route of request->path, and request->share; NULL when there is none. */
const struct route *route_find(struct request *request);

/* The endpoint for request->method (GET serves HEAD too, unless it
 * issues); NULL: none. */
const struct endpoint *route_endpoint(
    const struct route *route, struct span method);

/* Whether files are taken or given: /u/, /f/ or a caller's base is there. */
bool route_has_files(const struct service *service);

/* For counts: the number of a request's route, and their names, up to a
 * NULL: paths of the table, "base" for all bases, "none". */
unsigned route_number(const struct request *request);
void route_names(const char *ret_names[METRICS_ROUTES]);

extern const struct endpoint slot_post;
extern const struct endpoint slot_get;
extern const struct endpoint limits_get;
extern const struct endpoint quota_get;
extern const struct endpoint quota_delete;
extern const struct endpoint healthz_get;
extern const struct endpoint readyz_get;
extern const struct endpoint metrics_get;
extern const struct endpoint openapi_get;
extern const struct endpoint upload_put;
extern const struct endpoint share_put;
extern const struct endpoint share_get;
extern const struct endpoint file_get;
extern const struct endpoint cors_options;

#endif
