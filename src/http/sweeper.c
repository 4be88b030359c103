#include "http/sweeper.h"

#include "http/deadline.h"
#include "http/world.h"

#define SECOND 1000000
#define REST 20 /* times what a sweep took */

int64_t sweeper_next(int64_t began, int64_t ended, int64_t pause)
{
	int64_t wanted = began + pause;
	int64_t allowed = ended + REST * (ended - began);

	return wanted > allowed ? wanted : allowed;
}

/* Gives when to sweep again; INT64_MAX: never. */
static int64_t sweep(struct sweeper *sweeper)
{
	int64_t began = world_micros();
	int64_t now = world_unix();
	int64_t next = fs_sweep(sweeper->fs, now, &sweeper->stopping);

	if (next == INT64_MAX)
		return next;
	return sweeper_next(began, world_micros(), (next - now) * SECOND);
}

static void *run(void *argument)
{
	struct sweeper *sweeper = argument;
	int64_t next = world_micros();

	pthread_mutex_lock(&sweeper->lock);
	while (!atomic_load(&sweeper->stopping)) {
		if (world_micros() >= next) {
			pthread_mutex_unlock(&sweeper->lock);
			next = sweep(sweeper);
			pthread_mutex_lock(&sweeper->lock);
		} else if (next == INT64_MAX) {
			pthread_cond_wait(&sweeper->stop_now, &sweeper->lock);
		} else {
			deadline_wait(&sweeper->stop_now, &sweeper->lock, next);
		}
	}
	pthread_mutex_unlock(&sweeper->lock);
	return NULL;
}

bool sweeper_start(struct sweeper *sweeper, struct fs *fs)
{
	sweeper->fs = fs;
	atomic_init(&sweeper->stopping, false);
	pthread_mutex_init(&sweeper->lock, NULL);
	deadline_init(&sweeper->stop_now);
	return pthread_create(&sweeper->thread, NULL, run, sweeper) == 0;
}

void sweeper_stop(struct sweeper *sweeper)
{
	pthread_mutex_lock(&sweeper->lock);
	atomic_store(&sweeper->stopping, true);
	pthread_cond_broadcast(&sweeper->stop_now);
	pthread_mutex_unlock(&sweeper->lock);
	pthread_join(sweeper->thread, NULL);
}
