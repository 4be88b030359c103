#ifndef ENDPOINT_RECEIVE_H
#define ENDPOINT_RECEIVE_H

#include "http/request.h"
#include "slot/key_template.h"
#include "slot/media_type.h"

/*
 * Receives the body of a PUT into a store, for the endpoints that have decided
 * that it may be stored: deadlines, back-pressure and the answer. From
 * receive_begin on, the request's state is a struct receive. All functions are
 * called on the request's event loop.
 */
struct receive;

/* What is to be stored. The endpoint fills it; everything is copied. */
struct receive_plan {
	struct store *store;
	struct span key;  /* decoded */
	uint64_t size;    /* Content-Length must be the same */
	struct span type; /* empty: the Content-Type of the PUT */
	int64_t until;    /* unix seconds when the file expires; 0: never */
};

/* Checks the head of the PUT and opens the store. The request then waits, or
 * has been answered. */
void receive_begin(struct request *request, const struct receive_plan *plan);

/* `body` and `end` of an endpoint whose `head` calls receive_begin. */
size_t receive_body(struct request *request, const char *bytes, size_t len);
void receive_end(struct request *request);

#endif
