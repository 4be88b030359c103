#ifndef HTTP_WAITING_H
#define HTTP_WAITING_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

/*
 * The connections that wait for a whole request, in the order in which they
 * began to. Honest clients send one within milliseconds, so when there are too
 * many connections, the one that has waited longest is ended first. Any thread
 * may call these functions.
 */
struct waiting {
	pthread_mutex_t lock;
	TAILQ_HEAD(waiting_list, waiter) list;
};

/* A part of each connection; all zeros before the first waiting_add, but for
 * fd. */
struct waiter {
	TAILQ_ENTRY(waiter) links;
	bool there;  /* in the list */
	bool served; /* it waits after an answer, not for its first */
	bool taken;  /* waiting_take gave it; it is never added again */
	int64_t since;
	int fd;
};

void waiting_init(struct waiting *waiting);
void waiting_done(struct waiting *waiting);

/* The connection waits from now on (clock_micros): after an answer (served),
 * or for its first request. Its socket stays open until waiting_remove. Nothing
 * happens when waiting_take has given it before. */
void waiting_add(
    struct waiting *waiting, struct waiter *waiter, bool served, int64_t now);
/* The connection does not wait any more. Nothing happens when it did not. */
void waiting_remove(struct waiting *waiting, struct waiter *waiter);

/*
 * Removes the connection that has waited longest and returns it; NULL: there is
 * none. It passes over connections that have bytes to read, and those that got
 * an answer within the last second.
 */
struct waiter *waiting_take(struct waiting *waiting, int64_t now);

#endif
