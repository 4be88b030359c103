#include "http/sweeper.h"

#include "http/world.h"

#include <time.h>

static void *run(void *argument)
{
	struct sweeper *sweeper = argument;
	int64_t next = 0;

	pthread_mutex_lock(&sweeper->lock);
	while (!sweeper->stopping) {
		struct timespec until;

		if (world_unix() >= next) {
			pthread_mutex_unlock(&sweeper->lock);
			next = fs_sweep(sweeper->fs, world_unix());
			pthread_mutex_lock(&sweeper->lock);
			continue;
		}
		if (next == INT64_MAX) {
			pthread_cond_wait(&sweeper->stop_now, &sweeper->lock);
			continue;
		}
		until = (struct timespec){ next, 0 };
		pthread_cond_timedwait(
		    &sweeper->stop_now, &sweeper->lock, &until);
	}
	pthread_mutex_unlock(&sweeper->lock);
	return NULL;
}

bool sweeper_start(struct sweeper *sweeper, struct fs *fs)
{
	sweeper->fs = fs;
	sweeper->stopping = false;
	pthread_mutex_init(&sweeper->lock, NULL);
	pthread_cond_init(&sweeper->stop_now, NULL);
	return pthread_create(&sweeper->thread, NULL, run, sweeper) == 0;
}

void sweeper_stop(struct sweeper *sweeper)
{
	pthread_mutex_lock(&sweeper->lock);
	sweeper->stopping = true;
	pthread_cond_broadcast(&sweeper->stop_now);
	pthread_mutex_unlock(&sweeper->lock);
	pthread_join(sweeper->thread, NULL);
}
