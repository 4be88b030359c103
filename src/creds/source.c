#include "creds/source.h"

#include "core/hash.h"

#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void drop(struct held *held)
{
	size_t size = sizeof *held + held->value.access_key_id.len +
		      held->value.access_key_secret.len +
		      held->value.session_token.len;

	wipe(held, size);
	free(held);
}

static bool get(struct creds *creds, int64_t now, struct creds_value *ret_value)
{
	struct source *source = (struct source *)creds;
	bool ok;

	pthread_mutex_lock(&source->lock);
	ok = source->held && (!source->held->value.expires ||
				 now < source->held->value.expires);
	if (ok) {
		source->held->users++;
		*ret_value = source->held->value;
	}
	pthread_mutex_unlock(&source->lock);
	return ok;
}

static void leave(struct source *source, struct held *held)
{
	bool last;

	pthread_mutex_lock(&source->lock);
	last = --held->users == 0;
	pthread_mutex_unlock(&source->lock);
	if (last)
		drop(held);
}

static void put_back(struct creds *creds, const struct creds_value *value)
{
	/* The id stands at the start of its memory. */
	char *memory = (char *)value->access_key_id.at;

	leave((struct source *)creds,
	    (struct held *)(void *)(memory - offsetof(struct held, memory)));
}

static void status(
    struct creds *creds, int64_t now, struct creds_status *ret_status)
{
	struct source *source = (struct source *)creds;
	const struct held *held;
	const char *why;

	pthread_mutex_lock(&source->lock);
	held = source->held;
	why = source->why;
	memset(ret_status, 0, sizeof *ret_status);
	ret_status->ready =
	    held && (!held->value.expires || now < held->value.expires);
	if (ret_status->ready)
		ret_status->expires = held->value.expires;
	else if (!*why)
		why = held ? "the last ones have ended"
			   : "the first ones have not come yet";
	snprintf(ret_status->why, sizeof ret_status->why, "%s", why);
	pthread_mutex_unlock(&source->lock);
}

static bool wait(struct creds *creds, int milliseconds)
{
	struct pollfd tried = { ((struct source *)creds)->tried, POLLIN, 0 };

	return poll(&tried, 1, milliseconds) > 0;
}

static void hold(struct creds *creds)
{
	struct source *source = (struct source *)creds;

	pthread_mutex_lock(&source->pool->lock);
	source->users++;
	pthread_mutex_unlock(&source->pool->lock);
}

static void close_one(struct creds *creds)
{
	struct source *source = (struct source *)creds, **at;
	struct creds_pool *pool = source->pool;

	pthread_mutex_lock(&pool->lock);
	if (--source->users == 0) {
		for (at = &pool->open; *at != source; at = &(*at)->next)
			;
		*at = source->next;
		source->next = pool->closed;
		pool->closed = source;
		source_stop(source);
	}
	pthread_mutex_unlock(&pool->lock);
}

#define CLASS(name)                                                            \
	{                                                                      \
		name, get, put_back, close_one, status, wait, hold             \
	}

static const struct {
	struct creds_class class;
	creds_try *try;
} kinds[] = {
	[CREDS_STATIC] = { CLASS("static"), creds_try_config },
	[CREDS_ENVIRONMENT] = { CLASS("environment"), creds_try_environment },
	[CREDS_FILE] = { CLASS("file"), creds_try_shared },
	[CREDS_WEB_IDENTITY] = { CLASS("web-identity"),
	    creds_try_web_identity },
	[CREDS_CONTAINER] = { CLASS("container"), creds_try_container },
	[CREDS_INSTANCE] = { CLASS("instance"), creds_try_instance },
	[CREDS_AUTO] = { CLASS("auto"), creds_try_auto },
};

static bool same(const struct held *held, const struct creds_draft *draft)
{
	const struct creds_value *value = &held->value;

	return span_equal(value->access_key_id, buf_span(&draft->key_id)) &&
	       span_equal(value->access_key_secret, buf_span(&draft->secret)) &&
	       span_equal(value->session_token, buf_span(&draft->token)) &&
	       value->expires == draft->expires;
}

static struct span put(char **at, const struct buf *text)
{
	struct span copy = { *at, text->len };

	memcpy(*at, text->at, text->len);
	*at += text->len;
	return copy;
}

bool source_keep(struct source *source, const struct creds_draft *draft)
{
	struct held *held, *old = NULL;
	char *at;

	held = calloc(1, sizeof *held + draft->key_id.len + draft->secret.len +
			     draft->token.len);
	if (!held)
		return false;
	at = held->memory;
	held->users = 1;
	held->value.access_key_id = put(&at, &draft->key_id);
	held->value.access_key_secret = put(&at, &draft->secret);
	held->value.session_token = put(&at, &draft->token);
	held->value.expires = draft->expires;
	pthread_mutex_lock(&source->lock);
	source->why[0] = '\0';
	old = source->held;
	if (old && same(old, draft)) {
		old = held;
	} else {
		held->value.generation = ++source->generation;
		source->held = held;
	}
	pthread_mutex_unlock(&source->lock);
	if (old)
		leave(source, old);
	return true;
}

void source_wake(struct source *source)
{
	eventfd_write(source->wake, 1);
}

void source_stop(struct source *source)
{
	eventfd_write(source->stop, 1);
}

static void release(struct source *source)
{
	const int files[] = { source->stop, source->wake, source->tried };

	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (files[i] >= 0)
			close(files[i]);
	if (source->held)
		drop(source->held);
	creds_settings_drop(source->settings);
	pthread_mutex_destroy(&source->lock);
	pthread_mutex_destroy(&source->reading);
	free(source);
}

void source_free(struct source *source)
{
	pthread_join(source->thread, NULL);
	release(source);
}

bool source_reads_only(const struct source *source)
{
	return source->settings->kind == CREDS_STATIC ||
	       source->settings->kind == CREDS_FILE;
}

void source_look(struct source *source)
{
	int64_t again;

	if (source_reads_only(source))
		source_attempt(source, NULL, &again);
}

struct source *source_open(
    struct creds_pool *pool, const struct creds_settings *settings)
{
	struct source *source = calloc(1, sizeof *source);
	int64_t again;

	if (!source)
		return NULL;
	source->creds.class = &kinds[settings->kind].class;
	source->try = kinds[settings->kind].try;
	source->pool = pool;
	source->users = 1;
	source->settings = creds_settings_copy(settings);
	source->watches = settings->kind == CREDS_STATIC ||
			  settings->kind == CREDS_FILE ||
			  settings->kind == CREDS_AUTO;
	pthread_mutex_init(&source->lock, NULL);
	pthread_mutex_init(&source->reading, NULL);
	source->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	source->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	source->tried = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (source->settings && source->stop >= 0 && source->wake >= 0 &&
	    source->tried >= 0) {
		/* What needs no network is there at once. */
		source_attempt(source, NULL, &again);
		if (pthread_create(&source->thread, NULL, source_run, source) ==
		    0)
			return source;
	}
	release(source);
	return NULL;
}
