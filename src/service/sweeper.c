#include "service/sweeper.h"

#include "service/clock.h"

#define SECOND 1000000
#define REST 20 /* times what a sweep took */

int64_t sweeper_next(int64_t began, int64_t ended, int64_t pause)
{
	int64_t wanted = began + pause;
	int64_t allowed = ended + REST * (ended - began);

	return wanted > allowed ? wanted : allowed;
}

/* Gives when to sweep again; INT64_MAX: never. */
static int64_t sweep(struct sweeper *sweeper, struct store *store)
{
	int64_t began = clock_micros();
	int64_t now = clock_unix();
	int64_t next = store->class->sweep(store, now, &sweeper->hurry);

	if (next == INT64_MAX)
		return next;
	return sweeper_next(began, clock_micros(), (next - now) * SECOND);
}

/* The lock is held, but not while it sweeps. */
static void sweep_once(struct sweeper *sweeper)
{
	struct store *store = sweeper->store;
	int64_t next;

	sweeper->busy = true;
	pthread_mutex_unlock(&sweeper->lock);
	next = sweep(sweeper, store);
	pthread_mutex_lock(&sweeper->lock);
	sweeper->busy = false;
	sweeper->next = next;
	pthread_cond_broadcast(&sweeper->changed);
}

static void *run(void *argument)
{
	struct sweeper *sweeper = argument;

	pthread_mutex_lock(&sweeper->lock);
	while (!sweeper->stopping) {
		if (!sweeper->store || sweeper->next == INT64_MAX)
			pthread_cond_wait(&sweeper->changed, &sweeper->lock);
		else if (clock_micros() >= sweeper->next)
			sweep_once(sweeper);
		else
			clock_cond_wait(
			    &sweeper->changed, &sweeper->lock, sweeper->next);
	}
	pthread_mutex_unlock(&sweeper->lock);
	return NULL;
}

bool sweeper_start(struct sweeper *sweeper, struct store *store)
{
	*sweeper = (struct sweeper){ .store = store, .next = clock_micros() };
	atomic_init(&sweeper->hurry, false);
	pthread_mutex_init(&sweeper->lock, NULL);
	clock_cond_init(&sweeper->changed);
	return pthread_create(&sweeper->thread, NULL, run, sweeper) == 0;
}

void sweeper_use(struct sweeper *sweeper, struct store *store)
{
	pthread_mutex_lock(&sweeper->lock);
	atomic_store(&sweeper->hurry, true);
	while (sweeper->busy)
		pthread_cond_wait(&sweeper->changed, &sweeper->lock);
	atomic_store(&sweeper->hurry, false);
	sweeper->store = store && store->class->sweep ? store : NULL;
	sweeper->next = clock_micros();
	pthread_cond_broadcast(&sweeper->changed);
	pthread_mutex_unlock(&sweeper->lock);
}

void sweeper_stop(struct sweeper *sweeper)
{
	pthread_mutex_lock(&sweeper->lock);
	sweeper->stopping = true;
	atomic_store(&sweeper->hurry, true);
	pthread_cond_broadcast(&sweeper->changed);
	pthread_mutex_unlock(&sweeper->lock);
	pthread_join(sweeper->thread, NULL);
}
