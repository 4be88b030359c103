#include "creds/fetch.h"
#include "creds/json.h"
#include "creds/source.h"
#include "creds/static.h"

#include <stdlib.h>

struct creds_pool *creds_pool_open(const struct creds_world *world)
{
	struct creds_pool *pool = calloc(1, sizeof *pool);

	if (!pool)
		return NULL;
	if (!creds_fetch_start()) {
		free(pool);
		return NULL;
	}
	creds_json_start();
	pool->world = world;
	atomic_init(&pool->speaking, false);
	pthread_mutex_init(&pool->lock, NULL);
	return pool;
}

void creds_pool_speak(struct creds_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	atomic_store(&pool->speaking, true);
	for (struct source *source = pool->open; source; source = source->next)
		source_wake(source);
	pthread_mutex_unlock(&pool->lock);
}

/* Frees sources that nobody uses: those whose thread has ended, or all. */
static void reap(struct creds_pool *pool, bool all)
{
	struct source **at, *source, *gone = NULL;

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

static struct source *find(
    struct creds_pool *pool, const struct creds_settings *settings)
{
	struct source *source;

	pthread_mutex_lock(&pool->lock);
	for (source = pool->open; source; source = source->next)
		if (creds_settings_same(source->settings, settings))
			break;
	if (source)
		source->users++;
	pthread_mutex_unlock(&pool->lock);
	return source;
}

static struct creds *open_static(const struct creds_settings *settings)
{
	const struct creds_value value = {
		.access_key_id = settings->text[CREDS_KEY_ID],
		.access_key_secret = settings->text[CREDS_SECRET],
		.session_token = settings->text[CREDS_TOKEN],
	};

	return creds_static_open(&value);
}

/* What stands in the configuration or the environment stays as it is. */
static bool never_changes(const struct creds_settings *settings)
{
	return settings->kind == CREDS_ENVIRONMENT ||
	       (settings->kind == CREDS_STATIC &&
		   !settings->text[CREDS_SECRET_FILE].len &&
		   !settings->text[CREDS_TOKEN_FILE].len);
}

struct creds *creds_pool_get(
    struct creds_pool *pool, const struct creds_settings *settings)
{
	struct source *source;

	reap(pool, false);
	if (never_changes(settings))
		return open_static(settings);
	source = find(pool, settings);
	if (source) {
		source_look(source);
		return &source->creds;
	}
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
	creds_fetch_end();
	free(pool);
}
