#include "service/counter.h"

#include "service/clock.h"
#include "service/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAVE_MICROS 60000000

/* Called by any of the counter's threads. */
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

/* A failure is logged once, until saving has worked again. */
static int64_t save(void *argument)
{
	struct counter *counter = argument;
	struct quota *quota = counter->quota;
	const bool failed_before = counter->failed;
	char text[1024];

	counter->failed = !quota->class->save(quota, clock_millis());
	if (counter->failed && !failed_before) {
		snprintf(text, sizeof text,
		    "quota.state_file cannot be written: %s: %s",
		    counter->state_file, strerror(errno));
		counter->note(counter->argument, CONF_LOG_ERROR, "quota", text);
	}
	return clock_micros() + counter->pause;
}

bool counter_open(struct counter *counter, const struct conf_quota *conf,
    char *wrong, size_t wrong_size)
{
	counter->open = true;
	if (!counter->pause)
		counter->pause = SAVE_MICROS;
	/* A copy: a reload frees this configuration. */
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
		counter->saves = ticker_start(&counter->saver,
		    clock_micros() + counter->pause, save, counter);
	return counter->saves || !counter->state_file;
}

void counter_save(struct counter *counter, int64_t until)
{
	if (counter->saves && ticker_stop(&counter->saver, true, until))
		counter->saves = false;
}

void counter_close(struct counter *counter)
{
	if (!counter->open)
		return;
	counter_save(counter, INT64_MAX);
	if (counter->quota)
		counter->quota->class->close(counter->quota);
	free(counter->state_file);
}
