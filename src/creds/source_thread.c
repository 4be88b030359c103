#include "creds/source.h"

#include "creds/read.h"
#include "net/fetch.h"

#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>

#define WATCH_MS 1000  /* between two looks at files */
#define CLOCK_MS 30000 /* between two looks at the clock */
#define STEP_BACK 60   /* seconds: a clock that goes back more was set back */

static void note(struct creds_source *source, const char *why)
{
	pthread_mutex_lock(&source->lock);
	snprintf(source->why, sizeof source->why, "%s", why);
	pthread_mutex_unlock(&source->lock);
}

static bool attempt(
    struct creds_source *source, bool network, int64_t *ret_again)
{
	struct creds_draft draft;
	const struct creds_round round = { source->settings, network,
		source->stop, source->pool->world->now(), &source->shared };
	bool ok;

	creds_draft_init(&draft);
	ok = source->try(&round, &draft);
	/* An attempt that was broken off says nothing. */
	if (!ok && fetch_stopped(source->stop))
		return false;
	if (ok && !source_keep(source, &draft)) {
		ok = false;
		note(source, "out of memory");
	} else if (!ok && draft.why.len) {
		note(source, draft.why.at);
	}
	*ret_again = draft.again;
	if (ok || draft.why.len || network)
		eventfd_write(source->tried, 1);
	creds_draft_done(&draft);
	return ok;
}

/* The source's thread and a reload may read its files at the same time. What
 * is read first is kept first: an older secret never replaces a newer one. */
bool source_attempt(
    struct creds_source *source, bool network, int64_t *ret_again)
{
	bool ok;

	if (!source->reads_only)
		return attempt(source, network, ret_again);
	pthread_mutex_lock(&source->reading);
	ok = attempt(source, network, ret_again);
	pthread_mutex_unlock(&source->reading);
	return ok;
}

static uint32_t chance(const struct creds_source *source)
{
	uint32_t random;

	source->pool->world->random(&random, sizeof random);
	return random;
}

static int64_t expiry(struct creds_source *source)
{
	int64_t expires;

	pthread_mutex_lock(&source->lock);
	expires = source->held ? source->held->value.expires : 0;
	pthread_mutex_unlock(&source->lock);
	return expires;
}

/* Tells the log what is new. */
static void speak(struct creds_source *source)
{
	const struct creds_world *world = source->pool->world;
	const int64_t now = world->now();
	struct creds_status status;
	enum creds_news news;

	if (!world->tell || !atomic_load(&source->pool->speaking))
		return;
	source->creds.class->status(&source->creds, now, &status);
	news = creds_voice_next(
	    &source->voice, now, *status.why != '\0', !status.ready);
	if (news != CREDS_NEWS_NOTHING)
		world->tell(world->of, news,
		    creds_kind_name(source->settings->kind), status.why,
		    status.expires);
}

static uint32_t marks(const struct creds_source *source)
{
	static const enum creds_text files[] = { CREDS_SECRET_FILE,
		CREDS_TOKEN_FILE, CREDS_SHARED_FILE };
	uint32_t sum = 0;

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		const struct span path = source->settings->text[files[i]];

		if (path.len)
			sum = sum * 31 + creds_mark(path.at);
	}
	return sum;
}

static int least(int64_t a, int64_t b)
{
	return (int)(a < b ? a : b);
}

/* Milliseconds until there is something to do. */
static int next_look(struct creds_source *source, int64_t left)
{
	int slice = source->watches ? WATCH_MS : CLOCK_MS;
	int64_t ends = expiry(source);

	/* The log is told of the end when it comes. */
	if (ends)
		ends -= source->pool->world->now();
	if (source->failures && ends > 0)
		left = left < ends * 1000 ? left : ends * 1000;
	return least(slice, left);
}

/* Waits until the next attempt is due: after a failure in so many
 * milliseconds, else at source->renew_at, or at once when the clock is set
 * back, since renew_at is wrong then. */
static void rest(struct creds_source *source, int retry, uint32_t mark)
{
	struct pollfd files[] = { { source->stop, POLLIN, 0 },
		{ source->wake, POLLIN, 0 } };
	const struct creds_world *world = source->pool->world;
	int64_t now, left, latest = world->now();
	eventfd_t count;
	int slice;

	while (true) {
		speak(source);
		now = world->now();
		latest = now > latest ? now : latest;
		left = source->renew_at - now;
		left = left < CLOCK_MS ? left * 1000 : CLOCK_MS;
		if (source->failures)
			left = retry;
		if (left <= 0 || latest - now > STEP_BACK)
			return;
		slice = next_look(source, left);
		if (poll(files, 2, slice) > 0) {
			if (files[0].revents)
				return;
			eventfd_read(source->wake, &count);
		} else {
			retry -= slice;
		}
		if (source->watches && marks(source) != mark)
			return;
	}
}

/* Sets source->renew_at; after a failure gives milliseconds instead. */
static int plan(struct creds_source *source, bool ok, int64_t again)
{
	const int64_t now = source->pool->world->now();
	const int64_t expires = expiry(source);

	if (!ok)
		return creds_retry_ms(++source->failures,
		    expires ? expires - now : 0, chance(source));
	source->failures = 0;
	source->renew_at = again ? now + again : INT64_MAX;
	if (expires && expires == source->planned)
		source->renew_at = creds_ask_again_at(now, expires);
	else if (expires)
		source->renew_at = creds_renew_at(now, expires, chance(source));
	source->planned = expires;
	return 0;
}

void *source_run(void *argument)
{
	struct creds_source *source = argument;

	while (!fetch_stopped(source->stop)) {
		uint32_t mark = marks(source);
		int64_t again = 0;
		bool ok = source_attempt(source, true, &again);
		int retry;

		/* The log is not told of an attempt that was broken off. */
		if (fetch_stopped(source->stop))
			break;
		retry = plan(source, ok, again);
		rest(source, retry, mark);
	}
	atomic_store(&source->ended, true);
	return NULL;
}
