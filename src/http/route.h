#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "http/request.h"

/*
 * What serves one method of one route. Each function ends with a reply, with
 * request_wait, or, head and body alone, with neither: the request goes on.
 */
struct endpoint {
	const char *method;
	/* Another server's dialect: HTTP Basic, its query is about a user, and
	 * it does not serve HEAD, for it issues. */
	bool basic;
	bool quiet;    /* a probe: 200 is no news, and has no log line */
	bool personal; /* its query is a JID, which no log line shows */
	/* Nothing comes of it: its lines count among those of requests that
	 * were refused to strangers. */
	bool idle;
	/* When the head has arrived. NULL: nothing to do; the body is then
	 * collected, up to BODY_MAX. */
	void (*head)(struct request *request);
	/* Takes some of the body and gives how much; less than len only
	 * together with request_wait: what is left comes again. NULL:
	 * collected as above. */
	size_t (*body)(struct request *request, const char *bytes, size_t len);
	/* When everything has arrived. */
	void (*end)(struct request *request);
};

struct route {
	const char *path; /* one that ends in '/' is a prefix, but for "/" */
	unsigned roles;   /* where it is served */
	/* Whether it is there with these stores; NULL: always. */
	bool (*there)(const struct service *service);
	/* Files pass here: heads may be long, and answers carry
	 * Access-Control-Allow-Origin. */
	bool files;
	const char *allow;
	const struct endpoint *const *endpoints; /* ends with NULL */
};

/* The table that the server is handed. */
struct routes {
	const struct route *list;
	size_t count;             /* at most METRICS_ROUTES - 3 */
	const struct route *base; /* below the base of each caller with one */
};

/* The route of request->path, and request->share; NULL when there is none. */
const struct route *route_find(struct request *request);

/* The endpoint for request->method (GET serves HEAD too, unless it
 * issues); NULL: none. */
const struct endpoint *route_endpoint(
    const struct route *route, struct span method);

/* Whether one of the routes with `files` is there. */
bool route_has_files(
    const struct routes *routes, const struct service *service);

/* For counts: the number of a request's route, and their names, up to a
 * NULL: paths of the table, "base" for all bases, "none". */
unsigned route_number(const struct request *request);
void route_names(
    const struct routes *routes, const char *ret_names[METRICS_ROUTES]);

#endif
