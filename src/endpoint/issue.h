#ifndef ENDPOINT_ISSUE_H
#define ENDPOINT_ISSUE_H

#include "http/request.h"
#include "slot/slot.h"

/*
 * One slot on its way down and up again: what POST /slot and the dialects
 * share. An endpoint's own struct begins with it; it is the request's state
 * until that ends.
 */
struct issue {
	struct slot_request wish; /* the endpoint's to fill, but for jid */
	struct span jid;          /* as it was written; likewise */
	void (*done)(struct issue *issue); /* the endpoint's; NULL: nothing */
	const char *type;                  /* of the answer */
	char *(*write)(const struct slot *slot);
	struct jid who;
	enum failure who_wrong; /* FAILURE_NONE: who is what jid says */
	struct refusal who_why;
	struct slot slot;
	enum failure failure; /* FAILURE_NONE: the slot is there */
	struct refusal why;
	struct quota *quota; /* for undo: the slot reached nobody */
	struct job undo;
};

/* Zeroed memory of `size` bytes for the struct that begins with it, as
 * request->state. NULL after it has replied: no memory. */
void *issue_new(
    struct request *request, size_t size, void (*done)(struct issue *issue));

/*
 * The end of an endpoint that has filled the wish: answers with 200, this type
 * and the malloc'ed text that write makes of the slot (NULL: no memory), or
 * with what is wrong. The request may wait for disk or counter meanwhile.
 */
void issue_slot(struct request *request, const char *type,
    char *(*write)(const struct slot *slot));

#endif
