#ifndef XMPP_PENDING_H
#define XMPP_PENDING_H

#include "core/buf.h"

#include <stdbool.h>

/*
 * Between a component's thread and the threads that do what may wait: how many
 * requests wait, and the answers to those that are done. It lives until the
 * component and the last of the requests have released it. Requests of a stream
 * that has ended are not answered on the next one.
 */
#define PENDING_MAX 1000

struct pending;

/* wake: an eventfd, which is made readable for each answer. NULL: no
 * memory. */
struct pending *pending_open(int wake);

/* --- for the component's thread -------------------------------------------*/

/* The stream has ended, and all that waits with it. */
void pending_drop(struct pending *pending);
/* Releases it; the eventfd is not used any more. */
void pending_close(struct pending *pending);
/* One more waits: gives the number of its stream, for pending_put. False: too
 * many wait already. */
bool pending_add(struct pending *pending, unsigned *ret_stream);
/* How many of this stream wait for their answers. */
unsigned pending_count(struct pending *pending);
/* Calls a function with the next answer. False: there is none. */
bool pending_take(struct pending *pending,
    void (*send)(void *of, struct span text), void *of);

/* --- for other threads ----------------------------------------------------*/

/* Whether the stream of this number is still there. */
bool pending_wanted(struct pending *pending, unsigned stream);
/* Gives the answer, malloc'ed (NULL: there is none), and releases what
 * pending_add has taken. False: the stream has ended, and nobody gets it. */
bool pending_put(
    struct pending *pending, unsigned stream, char *text, size_t len);

#endif
