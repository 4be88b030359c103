#ifndef HTTP_ISSUE_H
#define HTTP_ISSUE_H

#include "http/request.h"
#include "slot/slot.h"

/*
 * One slot on its way down and up again: what POST /slot and the dialects
 * share. An endpoint's own struct begins with it; it is the request's state
 * until that ends.
 */
struct issue {
	struct slot_request wish; /* the endpoint's to fill, and to keep */
	void (*done)(struct issue *issue); /* the endpoint's; NULL: nothing */
	struct slot slot;
	enum failure failure; /* FAILURE_NONE: the slot is there */
	struct refusal why;
};

/* Zeroed memory of `size` bytes for the struct that begins with it, as
 * request->state. NULL after it has replied: no memory. */
void *issue_new(
    struct request *request, size_t size, void (*done)(struct issue *issue));

/*
 * Issues what is wished. Gives the result; or NULL when the disk has to be
 * asked: the request waits, and the endpoint is called again with the result
 * in its state.
 */
struct issue *issue_run(struct request *request);

#endif
