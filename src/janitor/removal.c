#include "janitor/removal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Under the lock. An object that was not tried, because the command ends, did
 * not fail: the next run finds it again. */
static void note(struct removal *removal, const struct removal_object *object,
    enum failure failure, const char *why)
{
	if (failure == FAILURE_NONE) {
		removal->removed++;
		removal->bytes += object->size;
		removal->in_a_row = 0;
		return;
	}
	if (failure == FAILURE_UNAVAILABLE && janitor_stopped(removal->janitor))
		return;
	removal->failed++;
	removal->in_a_row++;
	if (!*removal->why)
		snprintf(removal->why, sizeof removal->why, "%.*s: %s",
		    (int)object->len, object->key, why);
}

static bool gives_up(const struct removal *removal)
{
	return removal->in_a_row >= REMOVAL_FAILURES ||
	       janitor_stopped(removal->janitor);
}

static void *work(void *of)
{
	struct removal *removal = of;
	struct removal_object object;
	char memory[STORE_WHY];
	struct buf why = buf_of(memory, sizeof memory);
	enum failure failure;

	pthread_mutex_lock(&removal->lock);
	for (;;) {
		while (!removal->count && !removal->closed)
			pthread_cond_wait(&removal->changed, &removal->lock);
		if (!removal->count || gives_up(removal))
			break;
		object = removal->queue[removal->first];
		removal->first = (removal->first + 1) % REMOVAL_QUEUE;
		removal->count--;
		pthread_cond_broadcast(&removal->changed);
		pthread_mutex_unlock(&removal->lock);
		failure = janitor_remove(removal->janitor, removal->store,
		    (struct span){ object.key, object.len }, &why);
		pthread_mutex_lock(&removal->lock);
		note(removal, &object, failure, memory);
	}
	/* Whoever adds must not wait for a thread that has left. */
	removal->working--;
	pthread_cond_broadcast(&removal->changed);
	pthread_mutex_unlock(&removal->lock);
	return NULL;
}

struct removal *removal_open(const struct janitor *janitor, struct store *store)
{
	struct removal *removal = calloc(1, sizeof *removal);

	if (!removal)
		return NULL;
	removal->janitor = janitor;
	removal->store = store;
	pthread_mutex_init(&removal->lock, NULL);
	pthread_cond_init(&removal->changed, NULL);
	return removal;
}

/* One more thread, up to the most, when there is work for it. */
static void start(struct removal *removal)
{
	int error;

	if (removal->started == REMOVAL_THREADS)
		return;
	error = pthread_create(
	    &removal->threads[removal->started], NULL, work, removal);
	if (!error) {
		removal->started++;
		removal->working++;
	} else if (!removal->started) {
		snprintf(removal->why, sizeof removal->why,
		    "anything, since no thread can be started: %s",
		    strerror(error));
	}
}

bool removal_add(struct removal *removal, const struct store_object *object)
{
	struct removal_object *to;
	bool well;

	pthread_mutex_lock(&removal->lock);
	if (removal->count || !removal->started)
		start(removal);
	while (removal->count == REMOVAL_QUEUE && removal->working)
		pthread_cond_wait(&removal->changed, &removal->lock);
	well = removal->working && !gives_up(removal);
	if (well) {
		to = &removal->queue[(removal->first + removal->count++) %
				     REMOVAL_QUEUE];
		to->size = object->size;
		to->len = object->key.len;
		memcpy(to->key, object->key.at, object->key.len);
		pthread_cond_broadcast(&removal->changed);
	}
	pthread_mutex_unlock(&removal->lock);
	return well;
}

uint64_t removal_count(struct removal *removal)
{
	uint64_t count;

	pthread_mutex_lock(&removal->lock);
	count = removal->removed;
	pthread_mutex_unlock(&removal->lock);
	return count;
}

void removal_finish(struct removal *removal)
{
	pthread_mutex_lock(&removal->lock);
	removal->closed = true;
	pthread_cond_broadcast(&removal->changed);
	pthread_mutex_unlock(&removal->lock);
	for (size_t i = 0; i < removal->started; i++)
		pthread_join(removal->threads[i], NULL);
	removal->started = 0;
}

void removal_close(struct removal *removal)
{
	if (!removal)
		return;
	pthread_cond_destroy(&removal->changed);
	pthread_mutex_destroy(&removal->lock);
	free(removal);
}
