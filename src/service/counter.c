#include "service/counter.h"

#include "service/clock.h"
#include "service/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAVE_MICROS 60000000

/* Any thread of the counter's may call it. */
static void say(void *argument, bool warning, const char *text)
{
	const struct counter *counter = argument;

	counter->note(counter->argument,
	    warning ? CONF_LOG_WARN : CONF_LOG_INFO, "quota", text);
}

static struct quota *open_memory(
    struct counter *counter, const struct conf_quota *conf)
{
	struct quota_memory_config config = conf->memory;
	struct quota *quota;
	char said[512];

	config.state_file = counter->state_file;
	random_bytes(config.seed, sizeof config.seed);
	quota = memory_open(&config, clock_millis(), said, sizeof said);
	if (quota && *said)
		say(counter, true, said);
	return quota;
}

static struct quota *open_redis(struct counter *counter,
    const struct conf_quota *conf, char *wrong, size_t wrong_size)
{
	struct quota_redis_config config = conf->redis;

	config.clock = clock_micros;
	config.say = say;
	config.say_argument = counter;
	return redis_open(&config, wrong, wrong_size);
}

/* Complaints are not repeated until it has worked again. */
static void save(struct counter *counter, bool *well)
{
	struct quota *quota = counter->quota;
	char text[1024];
	bool before = *well;

	*well = quota->class->save(quota, clock_millis());
	if (*well || !before)
		return;
	snprintf(text, sizeof text,
	    "quota.state_file cannot be written: %s: %s", counter->state_file,
	    strerror(errno));
	counter->note(counter->argument, CONF_LOG_ERROR, "quota", text);
}

static void *run(void *argument)
{
	struct counter *counter = argument;
	int64_t next = clock_micros() + counter->pause;
	bool well = true;

	pthread_mutex_lock(&counter->lock);
	while (!counter->stopping) {
		if (clock_micros() < next) {
			clock_cond_wait(
			    &counter->stop_now, &counter->lock, next);
			continue;
		}
		pthread_mutex_unlock(&counter->lock);
		save(counter, &well);
		next = clock_micros() + counter->pause;
		pthread_mutex_lock(&counter->lock);
	}
	pthread_mutex_unlock(&counter->lock);
	save(counter, &well);
	pthread_mutex_lock(&counter->lock);
	counter->saved = true;
	pthread_cond_broadcast(&counter->stopped);
	pthread_mutex_unlock(&counter->lock);
	return NULL;
}

bool counter_open(struct counter *counter, const struct conf_quota *conf,
    char *wrong, size_t wrong_size)
{
	counter->open = true;
	if (!counter->pause)
		counter->pause = SAVE_MICROS;
	pthread_mutex_init(&counter->lock, NULL);
	clock_cond_init(&counter->stop_now);
	clock_cond_init(&counter->stopped);
	/* A reload takes the configuration away. */
	if (conf->type == CONF_QUOTA_MEMORY && conf->memory.state_file) {
		counter->state_file = strdup(conf->memory.state_file);
		if (!counter->state_file)
			return false;
	}
	counter->quota = conf->type == CONF_QUOTA_REDIS
			     ? open_redis(counter, conf, wrong, wrong_size)
			     : open_memory(counter, conf);
	if (!counter->quota)
		return false;
	if (counter->quota->class->waits) {
		counter->askers = pool_open(conf->redis.pool);
		if (!counter->askers)
			return false;
	}
	if (counter->state_file)
		counter->running =
		    pthread_create(&counter->thread, NULL, run, counter) == 0;
	return counter->running || !counter->state_file;
}

static void stop(struct counter *counter)
{
	counter->stopping = true;
	pthread_cond_broadcast(&counter->stop_now);
}

void counter_save(struct counter *counter, int64_t until)
{
	if (!counter->running)
		return;
	pthread_mutex_lock(&counter->lock);
	stop(counter);
	while (!counter->saved && clock_micros() < until)
		clock_cond_wait(&counter->stopped, &counter->lock, until);
	pthread_mutex_unlock(&counter->lock);
}

void counter_close(struct counter *counter)
{
	if (!counter->open)
		return;
	if (counter->running) {
		pthread_mutex_lock(&counter->lock);
		stop(counter);
		pthread_mutex_unlock(&counter->lock);
		pthread_join(counter->thread, NULL);
	}
	if (counter->quota)
		counter->quota->class->close(counter->quota);
	free(counter->state_file);
}
