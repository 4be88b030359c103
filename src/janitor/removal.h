#ifndef JANITOR_REMOVAL_H
#define JANITOR_REMOVAL_H

#include <pthread.h>

#include "janitor/janitor.h"

/* At most so many at a time. */
#define REMOVAL_THREADS 16
/* Objects that wait for a thread. */
#define REMOVAL_QUEUE 64
/* A store that refuses so many one after the other is left alone. */
#define REMOVAL_FAILURES 1000

struct removal_object {
	uint64_t size;
	size_t len;
	char key[OBJECT_KEY_MAX];
};

/* Removes objects of one store by several threads. One thread adds them. */
struct removal {
	const struct janitor *janitor;
	struct store *store;
	pthread_t threads[REMOVAL_THREADS];
	size_t started; /* of them */

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	size_t working; /* threads that have not left */
	bool closed;    /* nothing more is added */
	size_t first, count;
	struct removal_object queue[REMOVAL_QUEUE];
	uint64_t removed, failed, bytes;
	unsigned in_a_row; /* failures */
	/* Of the first failure, with its key, or why no thread can be started;
	 * "": there is none. */
	char why[STORE_WHY + OBJECT_KEY_MAX + 4];
};

/* NULL: no memory. */
struct removal *removal_open(
    const struct janitor *janitor, struct store *store);
/* Waits while the queue is full. False: the command is to end, or too much
 * failed; then it is not removed. */
bool removal_add(struct removal *removal, const struct store_object *object);
/* What was removed until now; any thread. */
uint64_t removal_count(struct removal *removal);
/* Waits until what was added is removed (not if the command is to end) or has
 * failed; then the counts and why are final. */
void removal_finish(struct removal *removal);
/* After removal_finish. NULL is allowed. */
void removal_close(struct removal *removal);

#endif
