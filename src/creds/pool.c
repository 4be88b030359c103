#include "creds/source.h"
#include "net/fetch.h"

#include <stdlib.h>
#include <string.h>

struct creds_pool *creds_pool_open(const struct creds_world *world)
{
	struct creds_pool *pool = calloc(1, sizeof *pool);

	if (!pool)
		return NULL;
	pool->world = world;
	atomic_init(&pool->speaking, false);
	pthread_mutex_init(&pool->lock, NULL);
	return pool;
}

void creds_pool_speak(struct creds_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	atomic_store(&pool->speaking, true);
	for (struct creds_source *source = pool->open; source;
	     source = source->next)
		source_wake(source);
	pthread_mutex_unlock(&pool->lock);
}

/* Frees closed sources: those whose thread has ended, or all. */
static void reap(struct creds_pool *pool, bool all)
{
	struct creds_source **at, *source, *gone = NULL;

	pthread_mutex_lock(&pool->lock);
	for (at = &pool->closed; (source = *at);) {
		if (all || atomic_load(&source->ended)) {
			*at = source->next;
			source->next = gone;
			gone = source;
		} else {
			at = &source->next;
		}
	}
	pthread_mutex_unlock(&pool->lock);
	while ((source = gone)) {
		gone = source->next;
		source_free(source);
	}
}

static struct creds_source *find(
    struct creds_pool *pool, const struct creds_settings *settings)
{
	uint8_t print[HASH_SIZE];
	struct creds_source *source;

	creds_settings_print(settings, print);
	pthread_mutex_lock(&pool->lock);
	for (source = pool->open; source; source = source->next)
		if (memcmp(source->print, print, sizeof print) == 0)
			break;
	if (source)
		source->users++;
	pthread_mutex_unlock(&pool->lock);
	return source;
}

/* libcurl takes 2 MiB, which most sources have no use for. */
static bool start_asking(
    struct creds_pool *pool, const struct creds_settings *settings)
{
	if (!pool->asks && creds_asks(settings))
		pool->asks = fetch_start();
	return pool->asks || !creds_asks(settings);
}

struct creds *creds_pool_get(
    struct creds_pool *pool, const struct creds_settings *settings)
{
	struct creds_source *source;

	reap(pool, false);
	source = find(pool, settings);
	if (source) {
		source_look(source);
		return &source->creds;
	}
	if (!start_asking(pool, settings))
		return NULL;
	source = source_open(pool, settings);
	if (!source)
		return NULL;
	pthread_mutex_lock(&pool->lock);
	source->next = pool->open;
	pool->open = source;
	pthread_mutex_unlock(&pool->lock);
	return &source->creds;
}

void creds_pool_close(struct creds_pool *pool)
{
	if (!pool)
		return;
	reap(pool, true);
	pthread_mutex_destroy(&pool->lock);
	if (pool->asks)
		fetch_end();
	free(pool);
}
