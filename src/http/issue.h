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
	struct quota *quota; /* for undo: the slot reached nobody */
	struct job undo;
};

/* Zeroed memory of `size` bytes for the struct that begins with it, as
 * request->state. NULL after it has replied: no memory. */
void *issue_new(
    struct request *request, size_t size, void (*done)(struct issue *issue));

/*
 * An endpoint's end, which is called again when the disk had to be asked:
 * begin authenticates and fills the wish, or replies and gives false; write
 * makes malloc'ed text of a slot (NULL: no memory), which is answered with
 * 200 and this type.
 */
void issue_serve(struct request *request,
    bool (*begin)(struct request *request), const char *type,
    char *(*write)(const struct slot *slot));

#endif
