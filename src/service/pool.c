#include "service/pool.h"

#include "service/clock.h"

#include <stdlib.h>

#define STACK_SIZE (256 << 10)

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work;
	pthread_cond_t idle;
	struct pool_job *first;
	struct pool_job **last;
	unsigned busy;
	bool stopping;
	unsigned threads;
	pthread_t thread[];
};

static void *serve(void *argument)
{
	struct pool *pool = argument;

	pthread_mutex_lock(&pool->lock);
	while (pool->first || !pool->stopping) {
		struct pool_job job;

		if (!pool->first) {
			pthread_cond_wait(&pool->work, &pool->lock);
			continue;
		}
		job = *pool->first;
		pool->first = job.next;
		if (!pool->first)
			pool->last = &pool->first;
		pool->busy++;
		pthread_mutex_unlock(&pool->lock);
		job.run(job.argument);
		if (job.done)
			job.done(job.argument);
		pthread_mutex_lock(&pool->lock);
		if (--pool->busy == 0 && !pool->first)
			pthread_cond_broadcast(&pool->idle);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

struct pool *pool_open(unsigned threads)
{
	struct pool *pool =
	    calloc(1, sizeof *pool + threads * sizeof pool->thread[0]);
	pthread_attr_t small;

	if (!pool)
		return NULL;
	pool->last = &pool->first;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	clock_cond_init(&pool->idle);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, STACK_SIZE);
	while (pool->threads < threads &&
	       pthread_create(
		   &pool->thread[pool->threads], &small, serve, pool) == 0)
		pool->threads++;
	pthread_attr_destroy(&small);
	if (pool->threads == threads)
		return pool;
	pool_close(pool);
	return NULL;
}

void pool_close(struct pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->threads; i++)
		pthread_join(pool->thread[i], NULL);
	pthread_cond_destroy(&pool->work);
	pthread_cond_destroy(&pool->idle);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

void pool_run(struct pool *pool, struct pool_job *job)
{
	job->next = NULL;
	pthread_mutex_lock(&pool->lock);
	*pool->last = job;
	pool->last = &job->next;
	pthread_mutex_unlock(&pool->lock);
	pthread_cond_signal(&pool->work);
}

bool pool_wait(struct pool *pool, int64_t until)
{
	bool idle;

	pthread_mutex_lock(&pool->lock);
	while ((pool->first || pool->busy) && clock_micros() < until)
		clock_cond_wait(&pool->idle, &pool->lock, until);
	idle = !pool->first && !pool->busy;
	pthread_mutex_unlock(&pool->lock);
	return idle;
}
