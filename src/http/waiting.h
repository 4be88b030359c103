#ifndef HTTP_WAITING_H
#define HTTP_WAITING_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The connections that wait for a whole request, those that have waited
 * longest first: honest clients need milliseconds for that, so when there are
 * too many connections these are the first to go. Any thread may call any of
 * it.
 */
struct waiting {
	pthread_mutex_t lock;
	struct waiter *first;
	struct waiter *last;
};

/* In its connection; zeros before the first waiting_add. */
struct waiter {
	struct waiter *next;
	struct waiter *before;
	bool there;
	bool served; /* has had an answer; else it has only just come */
	bool taken;  /* by waiting_take, for good */
	int64_t since;
	int fd;
};

void waiting_init(struct waiting *waiting);
void waiting_done(struct waiting *waiting);

/* It waits from now on, see clock_micros, after an answer (served) or for its
 * first; the socket stays open until waiting_remove. One that was taken is not
 * added again. */
void waiting_add(
    struct waiting *waiting, struct waiter *waiter, bool served, int64_t now);
/* It does no more; nothing happens when it did not. */
void waiting_remove(struct waiting *waiting, struct waiter *waiter);

/*
 * Removes and gives the one that has waited longest; NULL: there is none. Not
 * one whose bytes have come but were not looked at yet, nor one that was
 * served within the last second.
 */
struct waiter *waiting_take(struct waiting *waiting, int64_t now);

#endif
