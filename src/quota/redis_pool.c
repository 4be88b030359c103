#include "core/hash.h"
#include "quota/redis_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FIRST_BACKOFF 100000 /* microseconds; half of it may be waited */
#define LAST_BACKOFF 5000000
#define TELL_EVERY 60000000
#define STACK_SIZE (512 << 10)

const uint32_t redis_bounds[QUOTA_REDIS_BUCKETS - 1] = { 250, 500, 1000, 2500,
	5000, 10000, 25000, 50000 };

static void cond_open(pthread_cond_t *ret_cond)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(ret_cond, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

void redis_pool_free(struct redis_pool *pool)
{
	while (pool->idle_count)
		redis_link_close(&pool->idle[--pool->idle_count]);
	redis_trust_close(pool->trust);
	pthread_cond_destroy(&pool->ready);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
	free(pool->idle);
	if (pool->memory)
		wipe(pool->memory, pool->memory_size);
	free(pool->memory);
	free(pool);
}

static struct span keep_span(struct buf *memory, struct span text)
{
	struct span kept = { memory->at + memory->len, text.len };

	buf_add(memory, text);
	buf_char(memory, '\0');
	return kept;
}

static const char *keep_text(struct buf *memory, const char *text)
{
	return text ? keep_span(memory, span_of(text)).at : NULL;
}

/* The strings, too: a reload may take away what they are in. */
static bool keep(
    struct redis_pool *pool, const struct quota_redis_config *config)
{
	struct quota_redis_config *own = &pool->config;
	struct buf memory;

	*own = *config;
	pool->memory_size = span_of(config->address).len +
			    span_of(config->unix_path).len +
			    span_of(config->tls_ca).len + config->username.len +
			    config->password.len + config->prefix.len + 7;
	pool->memory = malloc(pool->memory_size);
	if (!pool->memory)
		return false;
	buf_init(&memory, pool->memory, pool->memory_size);
	own->address = keep_text(&memory, config->address);
	own->unix_path = keep_text(&memory, config->unix_path);
	own->tls_ca = keep_text(&memory, config->tls_ca);
	own->username = keep_span(&memory, config->username);
	own->password = keep_span(&memory, config->password);
	own->prefix = keep_span(&memory, config->prefix);
	return true;
}

static bool start(struct redis_pool *pool)
{
	pthread_attr_t attributes;
	int error;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	error = pthread_create(&pool->keeper, &attributes, redis_keeper, pool);
	pthread_attr_destroy(&attributes);
	return error == 0;
}

struct redis_pool *redis_pool_open(
    const struct quota_redis_config *config, char *wrong, size_t wrong_size)
{
	struct redis_pool *pool = calloc(1, sizeof *pool);

	snprintf(wrong, wrong_size, "out of memory");
	if (!pool)
		return NULL;
	pthread_mutex_init(&pool->lock, NULL);
	cond_open(&pool->ready);
	cond_open(&pool->work);
	pool->backoff = FIRST_BACKOFF;
	pool->idle = calloc(config->pool, sizeof *pool->idle);
	if (config->tls)
		pool->trust =
		    redis_trust_open(config->tls_ca, wrong, wrong_size);
	if (pool->idle && keep(pool, config) && (pool->trust || !config->tls) &&
	    start(pool))
		return pool;
	redis_pool_free(pool);
	return NULL;
}

void redis_pool_close(struct redis_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	pool->orphaned = pool->away;
	if (pool->orphaned) {
		/* A resolver cannot be stopped, a silent peer takes its time;
		 * nobody waits for either. */
		pthread_detach(pool->keeper);
		pthread_mutex_unlock(&pool->lock);
		return;
	}
	pthread_cond_signal(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	pthread_join(pool->keeper, NULL);
	redis_pool_free(pool);
}

void redis_pool_ails(struct redis_pool *pool)
{
	int64_t now = pool->config.clock();

	/* Half of it by chance: not all processes come back at once. */
	pool->next_try = now + pool->backoff / 2 + now % (pool->backoff / 2);
	pool->backoff =
	    pool->backoff < LAST_BACKOFF / 2 ? pool->backoff * 2 : LAST_BACKOFF;
	pool->works = false;
	pthread_cond_signal(&pool->work);
}

void redis_pool_works(struct redis_pool *pool)
{
	const struct quota_redis_config *config = &pool->config;
	bool tell = pool->told_down;

	pool->works = true;
	pool->told_down = false;
	if (!tell)
		return;
	pthread_mutex_unlock(&pool->lock);
	config->say(
	    config->say_argument, false, "Redis works again: slots are counted");
	pthread_mutex_lock(&pool->lock);
}

void redis_pool_down(struct redis_pool *pool)
{
	redis_pool_ails(pool);
	pool->down = true;
	pool->era++;
	while (pool->idle_count) {
		redis_link_close(&pool->idle[--pool->idle_count]);
		pool->open--;
	}
	pthread_cond_broadcast(&pool->ready);
}

void redis_pool_tell(
    struct redis_pool *pool, const struct redis_fault *fault, bool counts)
{
	int64_t now = pool->config.clock();
	char memory[1024];
	struct buf text;
	int64_t *told = &pool->told[fault->error];
	bool tell;

	pthread_mutex_lock(&pool->lock);
	pool->stats.errors[fault->error] += counts;
	tell = pool->config.say && (!*told || now - *told >= TELL_EVERY);
	if (tell) {
		*told = now;
		pool->told_down = true;
	}
	pthread_mutex_unlock(&pool->lock);
	if (!tell)
		return;
	buf_init(&text, memory, sizeof memory);
	redis_fault_say(fault, &pool->config, &text);
	pool->config.say(pool->config.say_argument, true, text.at);
}

/* With the lock held: the newest that is still good. */
static bool pop(struct redis_pool *pool, struct redis_link *ret_link)
{
	while (pool->idle_count) {
		*ret_link = pool->idle[--pool->idle_count];
		if (redis_link_alive(ret_link))
			return true;
		redis_link_close(ret_link);
		pool->open--;
	}
	return false;
}

bool redis_pool_take(
    struct redis_pool *pool, int64_t until, struct redis_link *ret_link)
{
	const struct timespec at = { until / 1000000, until % 1000000 * 1000 };
	struct redis_fault fault = { QUOTA_REDIS_NONE, "" };
	bool taken = false;

	pthread_mutex_lock(&pool->lock);
	while (!pool->down && !(taken = pop(pool, ret_link))) {
		if (pool->config.clock() >= until) {
			redis_fault_set(&fault, QUOTA_REDIS_TIMEOUT, "");
			/* All that come would wait as long. */
			if (!pool->open)
				redis_pool_down(pool);
			break;
		}
		pool->wanted++;
		pthread_cond_signal(&pool->work);
		pthread_cond_timedwait(&pool->ready, &pool->lock, &at);
		pool->wanted--;
	}
	if (!taken)
		pool->stats.undone++;
	pthread_mutex_unlock(&pool->lock);
	if (fault.error != QUOTA_REDIS_NONE)
		redis_pool_tell(pool, &fault, true);
	return taken;
}

/* With the lock held. */
static void put(struct redis_pool *pool, struct redis_link *link)
{
	if (link->era != pool->era) {
		redis_link_close(link);
		pool->open--;
		pthread_cond_signal(&pool->work);
	} else {
		pool->idle[pool->idle_count++] = *link;
		pthread_cond_signal(&pool->ready);
	}
}

void redis_pool_give(struct redis_pool *pool, struct redis_link *link,
    int64_t micros, bool wrote)
{
	unsigned bucket = 0;

	while (
	    bucket < QUOTA_REDIS_BUCKETS - 1 && micros > redis_bounds[bucket])
		bucket++;
	pthread_mutex_lock(&pool->lock);
	pool->stats.calls[bucket]++;
	pool->stats.micros += (uint64_t)micros;
	wrote = wrote && link->era == pool->era && !pool->down;
	if (wrote)
		pool->backoff = FIRST_BACKOFF;
	put(pool, link);
	if (wrote)
		redis_pool_works(pool);
	pthread_mutex_unlock(&pool->lock);
}

void redis_pool_fail(struct redis_pool *pool, struct redis_link *link,
    const struct redis_fault *fault)
{
	pthread_mutex_lock(&pool->lock);
	pool->stats.undone++;
	if (redis_fault_cuts(fault)) {
		redis_link_close(link);
		pool->open--;
		if (link->era == pool->era)
			redis_pool_down(pool);
		else
			pthread_cond_signal(&pool->work);
	} else {
		/* Once: who fails again does not put the next try off. */
		if (link->era == pool->era && pool->works)
			redis_pool_ails(pool);
		put(pool, link);
	}
	pthread_mutex_unlock(&pool->lock);
	redis_pool_tell(pool, fault, true);
}
