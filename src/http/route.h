#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "http/request.h"

/*
 * Serves one method of a route. Its functions are called on the loop's thread.
 * Each ends with a reply or with request_wait; `head` and `body` may also just
 * return, and the request goes on.
 */
struct endpoint {
	const char *method;
	/* It speaks ejabberd's dialect: HTTP Basic, and a query about a user.
	 * It does not serve HEAD, since its GET issues a slot. */
	bool basic;
	bool quiet;    /* a probe: an answer of 200 has no log line */
	bool personal; /* its query is a JID, which no log line shows */
	/* It changes nothing: its log lines are throttled like those of
	 * refused requests. */
	bool idle;
	/* Called when the head has arrived. NULL: nothing to do. */
	void (*head)(struct request *request);
	/* Takes bytes of the body and returns how many. It may take fewer than
	 * len only after request_wait; the others then come again. NULL: the
	 * body is collected, up to BODY_MAX. */
	size_t (*body)(struct request *request, const char *bytes, size_t len);
	/* Called when everything has arrived. */
	void (*end)(struct request *request);
};

struct route {
	const char *path; /* a prefix if it ends in '/' */
	unsigned roles;   /* of the listeners that serve it */
	/* Whether it exists with the stores of this service; NULL: always. */
	bool (*there)(const struct service *service);
	/* It serves files: heads may be long, and answers have
	 * Access-Control-Allow-Origin. */
	bool files;
	const char *allow;                       /* the header of 405 */
	const struct endpoint *const *endpoints; /* ends with NULL */
};

/* The table of routes that server_open gets; constant. */
struct routes {
	const struct route *list;
	size_t count;             /* at most METRICS_ROUTES - 3 */
	const struct route *base; /* below the `base` of callers with one */
};

/* Finds the route of request->path, and sets request->base_caller. NULL: there
 * is none. */
const struct route *route_find(struct request *request);

/* The route's endpoint for a method; NULL: there is none. That of GET serves
 * HEAD too, unless it is `basic`. */
const struct endpoint *route_endpoint(
    const struct route *route, struct span method);

/* Whether one of the routes with `files` exists with this service. */
bool route_has_files(
    const struct routes *routes, const struct service *service);

/* For metrics: the number of a request's route, and the names of all, up to a
 * NULL: the paths of the table, "base" for all bases, "none". */
unsigned route_number(const struct request *request);
void route_names(
    const struct routes *routes, const char *ret_names[METRICS_ROUTES]);

#endif
