#include "service/ticker.h"

#include "service/clock.h"

/* The lock is held, except while it works. */
static void work_once(struct ticker *ticker)
{
	int64_t next;

	ticker->busy = true;
	ticker->last = false;
	pthread_mutex_unlock(&ticker->lock);
	next = ticker->work(ticker->argument);
	pthread_mutex_lock(&ticker->lock);
	ticker->busy = false;
	ticker->next = next;
	pthread_cond_broadcast(&ticker->changed);
}

static void *run(void *argument)
{
	struct ticker *ticker = argument;

	pthread_mutex_lock(&ticker->lock);
	while (ticker->last || !ticker->stopping) {
		if (ticker->last || clock_micros() >= ticker->next)
			work_once(ticker);
		else
			clock_cond_wait(
			    &ticker->changed, &ticker->lock, ticker->next);
	}
	pthread_mutex_unlock(&ticker->lock);
	return NULL;
}

bool ticker_start(struct ticker *ticker, int64_t first,
    int64_t (*work)(void *argument), void *argument)
{
	*ticker = (struct ticker){
		.work = work, .argument = argument, .next = first
	};
	pthread_mutex_init(&ticker->lock, NULL);
	clock_cond_init(&ticker->changed);
	return pthread_create(&ticker->thread, NULL, run, ticker) == 0;
}

void ticker_pause(struct ticker *ticker)
{
	pthread_mutex_lock(&ticker->lock);
	while (ticker->busy)
		pthread_cond_wait(&ticker->changed, &ticker->lock);
}

void ticker_poke(struct ticker *ticker)
{
	pthread_mutex_lock(&ticker->lock);
	ticker_resume(ticker);
}

void ticker_resume(struct ticker *ticker)
{
	ticker->next = clock_micros();
	pthread_cond_broadcast(&ticker->changed);
	pthread_mutex_unlock(&ticker->lock);
}

bool ticker_stop(struct ticker *ticker, bool last, int64_t until)
{
	bool stuck;

	pthread_mutex_lock(&ticker->lock);
	ticker->stopping = true;
	ticker->last = last;
	pthread_cond_broadcast(&ticker->changed);
	while ((ticker->busy || ticker->last) && clock_micros() < until)
		clock_cond_wait(&ticker->changed, &ticker->lock, until);
	stuck = ticker->busy || ticker->last;
	pthread_mutex_unlock(&ticker->lock);
	if (stuck)
		return false;
	pthread_join(ticker->thread, NULL);
	pthread_cond_destroy(&ticker->changed);
	pthread_mutex_destroy(&ticker->lock);
	return true;
}
