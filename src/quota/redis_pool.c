#include "core/hash.h"
#include "quota/redis_private.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * Who may touch what, when:
 * - A connection belongs to one thread at a time: to the keeper while it is
 *   made, to a call from redis_pool_take to redis_pool_give or _fail, and to
 *   `idle`, under the lock, in between. There is one for each thread that
 *   calls, and no more than config->pool.
 * - Only the keeper, a thread, connects: that may take long. A call waits for
 *   a connection, but never beyond its own time.
 * - All else is under the lock, which nobody holds while asking Redis or
 *   calling config->say. config and trust never change.
 * - An outage begins with a failure that cuts a connection. It closes the idle
 *   ones and begins a new era; those in use are closed when they come back.
 * - redis_pool_close does not wait for a keeper that is connecting: that one
 *   frees everything later, and says nothing more.
 */

#define FIRST_BACKOFF 100000 /* microseconds; half of it may be waited */
#define LAST_BACKOFF 5000000
#define TELL_EVERY 60000000
#define FOR_LONG 3600000000 /* calls wake the keeper */

enum state {
	STATE_AILING, /* calls are tried, and the keeper tries again, too */
	STATE_WORKS,  /* the last call or probe that writes was written */
	STATE_AWAY,   /* only the keeper tries */
};

struct redis_pool {
	struct quota_redis_config *config;
	struct gnutls_certificate_credentials_st *trust; /* NULL without TLS */
	pthread_mutex_t lock;
	pthread_cond_t ready; /* for calls that wait for a connection */
	pthread_cond_t work;  /* for the keeper */
	pthread_t keeper;
	atomic_bool stopping;
	bool connecting; /* the keeper, without the lock */
	bool told;       /* the operator knows that it does not work */
	enum state state;
	unsigned era;
	int64_t backoff; /* microseconds */
	int64_t next_try;
	int64_t told_at[QUOTA_REDIS_ERRORS]; /* 0: never */
	struct quota_redis_stats stats;      /* open: idle and in use */
	unsigned waiting;                    /* calls, for a connection */
	unsigned idle_count;
	struct redis_link idle[]; /* config->pool */
};

const int64_t redis_bounds[QUOTA_REDIS_BUCKETS - 1] = { 250, 500, 1000, 2500,
	5000, 10000, 25000, 50000 };

/* --- with the lock held --------------------------------------------------- */

static void wait_until(
    struct redis_pool *pool, pthread_cond_t *cond, int64_t until)
{
	const struct timespec at = { until / 1000000, until % 1000000 * 1000 };

	pthread_cond_timedwait(cond, &pool->lock, &at);
}

static void close_link(struct redis_pool *pool, struct redis_link *link)
{
	redis_link_close(link);
	pool->stats.open--;
}

static void close_idle(struct redis_pool *pool)
{
	while (pool->idle_count)
		close_link(pool, &pool->idle[--pool->idle_count]);
}

/* The keeper tries it in a while. */
static void begin_ailing(struct redis_pool *pool)
{
	int64_t now = pool->config->clock();

	/* Half of it by chance: not all processes come back at once. */
	pool->next_try = now + pool->backoff / 2 + now % (pool->backoff / 2);
	pool->backoff =
	    pool->backoff < LAST_BACKOFF / 2 ? pool->backoff * 2 : LAST_BACKOFF;
	pool->state = STATE_AILING;
	pthread_cond_signal(&pool->work);
}

static void begin_outage(struct redis_pool *pool)
{
	begin_ailing(pool);
	pool->state = STATE_AWAY;
	pool->era++;
	close_idle(pool);
	pthread_cond_broadcast(&pool->ready);
}

/* To the operator. Lets go of the lock meanwhile. */
static void say(struct redis_pool *pool, bool warning, const char *text)
{
	const struct quota_redis_config *config = pool->config;

	if (!config->say)
		return;
	pthread_mutex_unlock(&pool->lock);
	config->say(config->say_argument, warning, text);
	pthread_mutex_lock(&pool->lock);
}

/* Counts a failure of a call or a connect, and warns of it: once a minute for
 * each kind. */
static void report(
    struct redis_pool *pool, const struct redis_fault *fault, bool failed)
{
	int64_t now = pool->config->clock();
	int64_t *told_at = &pool->told_at[fault->error];
	char text[1024];

	pool->stats.errors[fault->error] += failed;
	if (*told_at && now - *told_at < TELL_EVERY)
		return;
	*told_at = now;
	pool->told = true;
	redis_fault_say(fault, pool->config, text, sizeof text);
	say(pool, true, text);
}

static void begin_working(struct redis_pool *pool)
{
	bool told = pool->told;

	pool->state = STATE_WORKS;
	pool->told = false;
	if (told)
		say(pool, false, "Redis works again: slots are counted");
}

/* Takes back the connection of a call. */
static void put(struct redis_pool *pool, struct redis_link *link, bool good)
{
	if (good && link->era == pool->era) {
		pool->idle[pool->idle_count++] = *link;
		pthread_cond_signal(&pool->ready);
	} else {
		close_link(pool, link);
		/* There is room for a new one. */
		pthread_cond_signal(&pool->work);
	}
}

/* The idle connection that was used last, if it is still good. */
static bool pop(struct redis_pool *pool, struct redis_link *ret_link)
{
	while (pool->idle_count) {
		*ret_link = pool->idle[--pool->idle_count];
		if (redis_link_alive(ret_link))
			return true;
		close_link(pool, ret_link);
	}
	return false;
}

/* --- calls ---------------------------------------------------------------- */

bool redis_pool_take(
    struct redis_pool *pool, int64_t until, struct redis_link *ret_link)
{
	static const struct redis_fault late = { QUOTA_REDIS_TIMEOUT, "" };
	bool taken = false, in_time = true;

	pthread_mutex_lock(&pool->lock);
	while (pool->state != STATE_AWAY && in_time &&
	       !(taken = pop(pool, ret_link))) {
		in_time = pool->config->clock() < until;
		if (in_time) {
			pool->waiting++;
			pthread_cond_signal(&pool->work);
			wait_until(pool, &pool->ready, until);
			pool->waiting--;
		} else if (!pool->stats.open) {
			/* All other calls would wait as long. */
			begin_outage(pool);
		}
	}
	pool->stats.undone += !taken;
	if (!in_time)
		report(pool, &late, true);
	pthread_mutex_unlock(&pool->lock);
	return taken;
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
	put(pool, link, true);
	if (wrote && link->era == pool->era && pool->state != STATE_AWAY) {
		pool->backoff = FIRST_BACKOFF;
		begin_working(pool);
	}
	pthread_mutex_unlock(&pool->lock);
}

void redis_pool_fail(struct redis_pool *pool, struct redis_link *link)
{
	bool cuts = redis_fault_cuts(&link->fault);

	pthread_mutex_lock(&pool->lock);
	pool->stats.undone++;
	put(pool, link, !cuts);
	if (link->era == pool->era && cuts)
		begin_outage(pool);
	/* Once: a further failure does not put off the next try. */
	else if (link->era == pool->era && pool->state == STATE_WORKS)
		begin_ailing(pool);
	report(pool, &link->fault, true);
	pthread_mutex_unlock(&pool->lock);
}

void redis_pool_stats(
    struct redis_pool *pool, struct quota_redis_stats *ret_stats)
{
	pthread_mutex_lock(&pool->lock);
	*ret_stats = pool->stats;
	ret_stats->up = pool->state == STATE_WORKS;
	pthread_mutex_unlock(&pool->lock);
}

/* --- the keeper, with the lock held --------------------------------------- */

static void pool_free(struct redis_pool *pool)
{
	close_idle(pool);
	redis_trust_close(pool->trust);
	pthread_cond_destroy(&pool->ready);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
	wipe((char *)pool->config->password.at, pool->config->password.len);
	free(pool->config);
	free(pool);
}

/* When it has to connect. */
static int64_t due(const struct redis_pool *pool, int64_t now)
{
	bool lacks = pool->waiting > pool->idle_count &&
		     pool->stats.open < pool->config->pool;

	if (pool->state != STATE_AWAY && (pool->stats.open == 0 || lacks))
		return now;
	return pool->state == STATE_WORKS ? now + FOR_LONG : pool->next_try;
}

static void take_in(struct redis_pool *pool, struct redis_link *link)
{
	link->era = pool->era;
	pool->stats.open++;
	/* It may have been made only to see whether Redis works. */
	put(pool, link,
	    pool->state == STATE_AWAY ||
		pool->stats.open <= pool->config->pool);
	if (link->fault.error == QUOTA_REDIS_NONE) {
		begin_working(pool);
	} else {
		begin_ailing(pool);
		report(pool, &link->fault, false);
	}
}

static void work(struct redis_pool *pool)
{
	struct redis_link link;
	bool made;

	pool->connecting = true;
	pthread_mutex_unlock(&pool->lock);
	made =
	    redis_link_open(&link, pool->config, pool->trust, &pool->stopping);
	pthread_mutex_lock(&pool->lock);
	if (pool->stopping) {
		if (made)
			redis_link_close(&link);
		return;
	}
	pool->connecting = false;
	if (made) {
		take_in(pool, &link);
	} else {
		begin_outage(pool);
		report(pool, &link.fault, true);
	}
}

static void *keeper(void *argument)
{
	struct redis_pool *pool = argument;
	sigset_t all;
	bool orphaned;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	pthread_mutex_lock(&pool->lock);
	while (!pool->stopping) {
		int64_t now = pool->config->clock();
		int64_t when = due(pool, now);

		if (when <= now)
			work(pool);
		else
			wait_until(pool, &pool->work, when);
	}
	orphaned = pool->connecting;
	pthread_mutex_unlock(&pool->lock);
	if (orphaned)
		pool_free(pool);
	return NULL;
}

/* --- opening and closing -------------------------------------------------- */

static void cond_open(pthread_cond_t *ret_cond)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(ret_cond, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

struct redis_pool *redis_pool_open(
    struct quota_redis_config *config, char *wrong, size_t wrong_size)
{
	struct redis_pool *pool =
	    calloc(1, sizeof *pool + config->pool * sizeof *pool->idle);

	if (!pool) {
		free(config);
		return NULL;
	}
	pool->config = config;
	pool->backoff = FIRST_BACKOFF;
	pthread_mutex_init(&pool->lock, NULL);
	cond_open(&pool->ready);
	cond_open(&pool->work);
	if (config->tls)
		pool->trust =
		    redis_trust_open(config->tls_ca, wrong, wrong_size);
	if ((pool->trust || !config->tls) &&
	    pthread_create(&pool->keeper, NULL, keeper, pool) == 0)
		return pool;
	pool_free(pool);
	return NULL;
}

void redis_pool_close(struct redis_pool *pool)
{
	bool connecting;

	pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	connecting = pool->connecting;
	if (connecting)
		pthread_detach(pool->keeper);
	pthread_cond_signal(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	if (connecting)
		return;
	pthread_join(pool->keeper, NULL);
	pool_free(pool);
}
