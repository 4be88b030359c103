#include "service/sources.h"

#include "service/clock.h"
#include "service/random.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct sources {
	atomic_uint holders;
	struct creds_world world;
	struct creds_pool *pool;
	pthread_mutex_t lock;
	struct log log;
};

/* Called by the sources' threads. */
static void tell(void *of, enum creds_news news, const char *source,
    const char *why, int64_t expires)
{
	static const struct {
		enum conf_log_level level;
		const char *message;
	} lines[] = {
		[CREDS_NEWS_FAILING] = { CONF_LOG_WARN,
		    "credentials cannot be renewed" },
		[CREDS_NEWS_NONE] = { CONF_LOG_ERROR, "no credentials" },
		[CREDS_NEWS_WELL] = { CONF_LOG_INFO, "credentials are back" },
	};
	struct sources *sources = of;
	struct log_line line;
	struct log log;

	pthread_mutex_lock(&sources->lock);
	log = sources->log;
	pthread_mutex_unlock(&sources->lock);
	log_begin(&line, &log, lines[news].level, lines[news].message);
	log_text(&line, "source", source);
	if (expires)
		log_i64(&line, "expires", expires);
	if (*why)
		log_text(&line, "reason", why);
	log_end(&line);
}

struct sources *sources_open(void)
{
	struct sources *sources = calloc(1, sizeof *sources);

	if (!sources)
		return NULL;
	atomic_init(&sources->holders, 1);
	pthread_mutex_init(&sources->lock, NULL);
	sources->world =
	    (struct creds_world){ clock_unix, random_bytes, tell, sources };
	sources->pool = creds_pool_open(&sources->world);
	if (sources->pool)
		return sources;
	free(sources);
	return NULL;
}

struct sources *sources_hold(struct sources *sources)
{
	atomic_fetch_add(&sources->holders, 1);
	return sources;
}

void sources_release(struct sources *sources)
{
	if (!sources || atomic_fetch_sub(&sources->holders, 1) > 1)
		return;
	creds_pool_close(sources->pool);
	pthread_mutex_destroy(&sources->lock);
	free(sources);
}

void sources_log(struct sources *sources, const struct log *log)
{
	pthread_mutex_lock(&sources->lock);
	sources->log = *log;
	pthread_mutex_unlock(&sources->lock);
	creds_pool_speak(sources->pool);
}

struct creds *sources_get(
    struct sources *sources, const struct creds_settings *settings)
{
	return creds_pool_get(sources->pool, settings);
}
