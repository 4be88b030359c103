#include "quota/redis_private.h"

#include <signal.h>
#include <time.h>

/*
 * The keeper makes the connections: where a name server, a handshake or a
 * host that answers nothing takes its time, no call waits for it.
 */

/* With the lock held: microseconds until one is to be made; 0: now, -1:
 * when somebody calls. */
static int64_t due(const struct redis_pool *pool)
{
	if (pool->down) {
		int64_t left = pool->next_try - pool->config.clock();

		return left > 0 ? left : 0;
	}
	return pool->open == 0 || (pool->wanted > pool->idle_count &&
				      pool->open < pool->config.pool)
		   ? 0
		   : -1;
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

static void come_back(struct redis_pool *pool)
{
	const struct quota_redis_config *config = &pool->config;
	bool tell = pool->told_down;

	pool->down = false;
	pool->told_down = false;
	if (!tell)
		return;
	pthread_mutex_unlock(&pool->lock);
	config->say(config->say_argument, false, "Redis is there again");
	pthread_mutex_lock(&pool->lock);
}

/* With the lock held. */
static void work(struct redis_pool *pool)
{
	struct redis_fault fault;
	struct redis_link link = { 0 };
	bool made = make(pool, &link, &fault);

	/* Whom it could be told to may be gone. */
	if (pool->stopping) {
		if (made)
			redis_link_close(&link);
		return;
	}
	if (!made) {
		redis_pool_down(pool);
		pthread_mutex_unlock(&pool->lock);
		redis_pool_tell(pool, &fault);
		pthread_mutex_lock(&pool->lock);
		return;
	}
	link.era = pool->era;
	pool->open++;
	pool->idle[pool->idle_count++] = link;
	if (pool->down)
		come_back(pool);
	pthread_cond_signal(&pool->ready);
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
