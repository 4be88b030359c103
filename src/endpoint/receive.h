#ifndef ENDPOINT_RECEIVE_H
#define ENDPOINT_RECEIVE_H

#include "http/request.h"
#include "slot/key_template.h"
#include "slot/media_type.h"

/*
 * The body of a PUT on its way into a store, whichever endpoint has decided
 * that it may: deadlines, back-pressure, the answer. The request's state is a
 * struct receive from receive_begin on.
 */
struct receive;

/* What is to be stored. Filled by the endpoint; all of it is copied. */
struct receive_plan {
	struct store *store;
	struct span key;  /* decoded */
	uint64_t size;    /* what Content-Length must be */
	struct span type; /* empty: the PUT's own */
	int64_t until;    /* unix seconds: when the file should go; 0 */
};

/* Checks the PUT's head and opens the store: the request waits, or is
 * answered. */
void receive_begin(struct request *request, const struct receive_plan *plan);

/* The body and end of an endpoint whose head has called receive_begin. */
size_t receive_body(struct request *request, const char *bytes, size_t len);
void receive_end(struct request *request);

#endif
