#include "quota/redis_private.h"

#include <signal.h>
#include <time.h>

/*
 * The keeper makes the connections: where a name server, a handshake or a
 * host that answers nothing takes its time, no call waits for it.
 */

static int64_t left_to_next_try(const struct redis_pool *pool)
{
	int64_t left = pool->next_try - pool->config.clock();

	return left > 0 ? left : 0;
}

/* With the lock held: microseconds until one is to be made; 0: now, -1:
 * when somebody calls. */
static int64_t due(const struct redis_pool *pool)
{
	if (pool->down)
		return left_to_next_try(pool);
	if (pool->open == 0 ||
	    (pool->wanted > pool->idle_count && pool->open < pool->config.pool))
		return 0;
	return pool->works ? -1 : left_to_next_try(pool);
}

static void rest(struct redis_pool *pool, int64_t left)
{
	int64_t until = pool->config.clock() + left;
	const struct timespec at = { until / 1000000, until % 1000000 * 1000 };

	if (left < 0)
		pthread_cond_wait(&pool->work, &pool->lock);
	else
		pthread_cond_timedwait(&pool->work, &pool->lock, &at);
}

static bool is_stopping(struct redis_pool *pool)
{
	bool stopping;

	pthread_mutex_lock(&pool->lock);
	stopping = pool->stopping;
	pthread_mutex_unlock(&pool->lock);
	return stopping;
}

/* With the lock held, which is let go meanwhile. */
static bool make(struct redis_pool *pool, struct redis_link *ret_link,
    struct redis_fault *fault)
{
	struct addrinfo *found;
	bool made;

	pool->away = true;
	pthread_mutex_unlock(&pool->lock);
	made =
	    redis_link_resolve(&pool->config, &found, fault) &&
	    !is_stopping(pool) &&
	    redis_link_open(ret_link, &pool->config, found, pool->trust, fault);
	redis_link_resolved(found);
	pthread_mutex_lock(&pool->lock);
	pool->away = false;
	return made;
}

/* With the lock held. One that was made only to see whether it works may be
 * one too many. */
static void take_in(struct redis_pool *pool, struct redis_link *link)
{
	if (!pool->down && pool->open >= pool->config.pool) {
		redis_link_close(link);
		return;
	}
	link->era = pool->era;
	pool->open++;
	pool->idle[pool->idle_count++] = *link;
	pool->down = false;
	pthread_cond_signal(&pool->ready);
}

/* With the lock held. */
static void work(struct redis_pool *pool)
{
	struct redis_fault fault = { QUOTA_REDIS_NONE, "" };
	struct redis_link link = { 0 };
	bool made = make(pool, &link, &fault);

	/* The one who would hear of it may be gone. */
	if (pool->stopping) {
		if (made)
			redis_link_close(&link);
		return;
	}
	if (made)
		take_in(pool, &link);
	else
		redis_pool_down(pool);
	if (made && fault.error == QUOTA_REDIS_NONE) {
		redis_pool_works(pool);
		return;
	}
	if (made)
		redis_pool_ails(pool);
	pthread_mutex_unlock(&pool->lock);
	redis_pool_tell(pool, &fault, !made);
	pthread_mutex_lock(&pool->lock);
}

void *redis_keeper(void *argument)
{
	struct redis_pool *pool = argument;
	sigset_t all;
	bool orphaned;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	pthread_mutex_lock(&pool->lock);
	while (!pool->stopping) {
		int64_t left = due(pool);

		if (left == 0)
			work(pool);
		else
			rest(pool, left);
	}
	orphaned = pool->orphaned;
	pthread_mutex_unlock(&pool->lock);
	if (orphaned)
		redis_pool_free(pool);
	return NULL;
}
