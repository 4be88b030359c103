#include "creds/source.h"

#include "core/hash.h"

#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void drop(struct creds_held *held)
{
	size_t size = sizeof *held + held->value.access_key_id.len +
		      held->value.access_key_secret.len +
		      held->value.session_token.len;

	wipe(held, size);
	free(held);
}

static bool is_fresh(const struct creds_held *held, int64_t now)
{
	return held && (!held->value.expires || now < held->value.expires);
}

static bool get(struct creds *creds, int64_t now, struct creds_value *ret_value)
{
	struct creds_source *source = (struct creds_source *)creds;
	bool ok;

	/* What never changes needs neither a lock nor a count of users. */
	if (!source->changes) {
		*ret_value = source->held->value;
		return is_fresh(source->held, now);
	}
	pthread_mutex_lock(&source->lock);
	ok = is_fresh(source->held, now);
	if (ok) {
		source->held->users++;
		*ret_value = source->held->value;
	}
	pthread_mutex_unlock(&source->lock);
	return ok;
}

static void leave(struct creds_source *source, struct creds_held *held)
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
	if (!((struct creds_source *)creds)->changes)
		return;
	/* The id stands at the start of its memory. */
	char *memory = (char *)value->access_key_id.at;

	leave((struct creds_source *)creds,
	    (struct creds_held *)(void *)(memory -
					  offsetof(struct creds_held, memory)));
}

static void status(
    struct creds *creds, int64_t now, struct creds_status *ret_status)
{
	struct creds_source *source = (struct creds_source *)creds;
	const struct creds_held *held;
	const char *why;

	pthread_mutex_lock(&source->lock);
	held = source->held;
	why = source->why;
	memset(ret_status, 0, sizeof *ret_status);
	ret_status->ready = is_fresh(held, now);
	if (ret_status->ready)
		ret_status->expires = held->value.expires;
	else if (!*why)
		why = held ? "the last credentials have expired"
			   : "the first credentials have not come yet";
	snprintf(ret_status->why, sizeof ret_status->why, "%s", why);
	pthread_mutex_unlock(&source->lock);
}

static bool wait(struct creds *creds, int milliseconds)
{
	struct pollfd tried = { ((struct creds_source *)creds)->tried, POLLIN,
		0 };

	return poll(&tried, 1, milliseconds) > 0;
}

static void release(struct creds_source *source)
{
	const int files[] = { source->stop, source->wake, source->tried };

	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (files[i] >= 0)
			close(files[i]);
	if (source->held)
		drop(source->held);
	creds_settings_drop(source->settings);
	wipe(source->print, sizeof source->print);
	pthread_mutex_destroy(&source->lock);
	pthread_mutex_destroy(&source->reading);
	free(source);
}

static void close_one(struct creds *creds)
{
	struct creds_source *source = (struct creds_source *)creds, **at;
	struct creds_pool *pool = source->pool;
	bool last;

	pthread_mutex_lock(&pool->lock);
	last = --source->users == 0;
	if (last) {
		for (at = &pool->open; *at != source; at = &(*at)->next)
			;
		*at = source->next;
	}
	if (last && source->changes) {
		source->next = pool->closed;
		pool->closed = source;
		eventfd_write(source->stop, 1);
	}
	pthread_mutex_unlock(&pool->lock);
	if (last && !source->changes)
		release(source);
}

static const struct creds_class class = { get, put_back, close_one, status,
	wait };

static bool same(const struct creds_held *held, const struct creds_draft *draft)
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

bool source_keep(struct creds_source *source, const struct creds_draft *draft)
{
	struct creds_held *held, *old = NULL;
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

void source_wake(struct creds_source *source)
{
	eventfd_write(source->wake, 1);
}

void source_free(struct creds_source *source)
{
	pthread_join(source->thread, NULL);
	release(source);
}

static creds_try *const tries[] = {
	[CREDS_STATIC] = creds_try_given,
	[CREDS_ENVIRONMENT] = creds_try_given,
	[CREDS_FILE] = creds_try_shared,
	[CREDS_WEB_IDENTITY] = creds_try_web_identity,
	[CREDS_CONTAINER] = creds_try_container,
	[CREDS_INSTANCE] = creds_try_instance,
	[CREDS_AUTO] = creds_try_auto,
};

void source_look(struct creds_source *source)
{
	int64_t again;

	if (source->reads_only)
		source_attempt(source, false, &again);
}

static bool changes(const struct creds_settings *settings)
{
	if (settings->kind == CREDS_STATIC)
		return settings->text[CREDS_SECRET_FILE].len ||
		       settings->text[CREDS_TOKEN_FILE].len;
	return settings->kind != CREDS_ENVIRONMENT;
}

static void init(struct creds_source *source, struct creds_pool *pool,
    const struct creds_settings *settings)
{
	source->creds.class = &class;
	source->pool = pool;
	source->users = 1;
	creds_settings_print(settings, source->print);
	source->settings = creds_settings_copy(settings);
	source->try = tries[settings->kind];
	source->changes = changes(settings);
	source->reads_only =
	    source->changes &&
	    (settings->kind == CREDS_STATIC || settings->kind == CREDS_FILE);
	source->watches = source->reads_only || settings->kind == CREDS_AUTO;
	atomic_init(&source->ended, false);
	pthread_mutex_init(&source->lock, NULL);
	pthread_mutex_init(&source->reading, NULL);
	source->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	source->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	source->tried = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

/* The first attempt, for what needs no network, and the thread. */
static bool start(struct creds_source *source)
{
	int64_t again;
	bool ok;

	if (!source->settings || source->stop < 0 || source->wake < 0 ||
	    source->tried < 0)
		return false;
	ok = source_attempt(source, false, &again);
	if (source->changes)
		return !pthread_create(
		    &source->thread, NULL, source_run, source);
	/* No more copies of a secret than are used. */
	creds_settings_drop(source->settings);
	source->settings = NULL;
	return ok;
}

struct creds_source *source_open(
    struct creds_pool *pool, const struct creds_settings *settings)
{
	struct creds_source *source = calloc(1, sizeof *source);

	if (!source)
		return NULL;
	init(source, pool, settings);
	if (start(source))
		return source;
	release(source);
	return NULL;
}
