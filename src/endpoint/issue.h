#ifndef ENDPOINT_ISSUE_H
#define ENDPOINT_ISSUE_H

#include "http/request.h"
#include "service/issuance.h"

/*
 * Issues one slot, for POST /slot and for the dialects of GET /slot.
 *
 * An endpoint's own struct begins with struct issue. It is made by issue_new,
 * is request->state, and is freed when the request ends. The endpoint fills
 * `issuance.request` and `jid_text` and ends with issue_slot. The request is
 * used by one thread at a time: its event loop's, or a pool's while it waits
 * there.
 */
struct issue {
	struct issuance issuance;          /* the endpoint fills its request */
	struct span jid_text;              /* as received; by the endpoint */
	void (*done)(struct issue *issue); /* the endpoint's; NULL: nothing */
	const char *type;                  /* Content-Type of the answer */
	char *(*write)(const struct slot *slot);
	struct quota *quota; /* for undo: the answer was not sent */
	struct pool_job undo;
};

/* Makes the request's state: memory of `size` bytes, for a struct that begins
 * with struct issue. What follows the struct issue is not cleared. Calls `done`
 * before it is freed. Returns NULL after a reply if there is no memory. */
void *issue_new(
    struct request *request, size_t size, void (*done)(struct issue *issue));

/*
 * Issues the slot and replies: with 200, this type and the malloc'ed text that
 * `write` makes of the slot (NULL: no memory), or with the failure. The
 * request may wait for a disk or the counter meanwhile.
 */
void issue_slot(struct request *request, const char *type,
    char *(*write)(const struct slot *slot));

#endif
