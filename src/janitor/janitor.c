#include "janitor/janitor.h"

#include "net/fetch.h"
#include "service/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

/* How long the commands wait for credentials, in milliseconds. */
#define CREDS_WAIT 15000
#define CREDS_STEP 200
/* Before the second try, in milliseconds. */
#define WAIT_FIRST 200

static void wait(const struct janitor *janitor, int milliseconds)
{
	struct pollfd file = { janitor->stop, POLLIN, 0 };
	const int64_t end = clock_micros() + (int64_t)milliseconds * 1000;
	int64_t left;

	while ((left = end - clock_micros()) > 0)
		if (poll(&file, janitor->stop >= 0, (int)(left / 1000) + 1) > 0)
			return;
}

void janitor_init(
    struct janitor *janitor, const struct service *service, int stop)
{
	*janitor = (struct janitor){ service, clock_unix, stop, wait };
}

bool janitor_stopped(const struct janitor *janitor)
{
	return janitor->stop >= 0 && fetch_stopped(janitor->stop);
}

/* Waits for credentials, or for the command's end. */
static void await(const struct janitor *janitor, struct creds *creds)
{
	for (int waited = 0; waited < CREDS_WAIT; waited += CREDS_STEP)
		if (janitor_stopped(janitor) ||
		    creds->class->wait(creds, CREDS_STEP))
			return;
}

static bool lacks(const struct janitor *janitor, size_t number, char *wrong,
    size_t wrong_size)
{
	const struct service *service = janitor->service;
	struct store *store = service->stores[number];
	struct creds *creds = store->janitor ? store->janitor : store->creds;
	const struct span name = service->conf->storages[number].name;
	struct creds_status status;

	if (!creds)
		return false;
	await(janitor, creds);
	creds->class->status(creds, janitor->now(), &status);
	if (status.ready)
		return false;
	snprintf(wrong, wrong_size, "storage %.*s: credentials: %s",
	    (int)name.len, name.at,
	    *status.why ? status.why : "there are none yet");
	return true;
}

bool janitor_open(const struct janitor *janitor, const char *name, char *wrong,
    size_t wrong_size)
{
	const struct service *service = janitor->service;
	const struct conf *conf = service->conf;

	for (size_t i = 0; i < service->store_count; i++) {
		struct store *store = service->stores[i];

		if (name && !span_is(conf->storages[i].name, name))
			continue;
		if (conf->storages[i].janitor) {
			store->janitor = sources_get(
			    service->sources, conf->storages[i].janitor);
			snprintf(wrong, wrong_size, "out of memory");
			if (!store->janitor)
				return false;
		}
		if (lacks(janitor, i, wrong, wrong_size))
			return false;
	}
	return true;
}

bool janitor_again(const struct janitor *janitor, unsigned tries)
{
	if (tries >= JANITOR_TRIES || janitor_stopped(janitor))
		return false;
	janitor->wait(janitor, WAIT_FIRST << (tries - 1));
	return !janitor_stopped(janitor);
}

/* --- with another try -----------------------------------------------------*/

struct listing {
	const struct janitor *janitor;
	bool (*each)(void *of, const struct store_object *object);
	void *of;
};

static bool again(void *of, unsigned tries)
{
	const struct listing *listing = of;

	return janitor_again(listing->janitor, tries);
}

static bool each(void *of, const struct store_object *object)
{
	const struct listing *listing = of;

	return listing->each(listing->of, object);
}

enum failure janitor_list(const struct janitor *janitor, struct store *store,
    struct span prefix,
    bool (*tell)(void *of, const struct store_object *object), void *of,
    struct buf *why)
{
	struct listing listing = { janitor, tell, of };
	const struct store_walk walk = {
		.prefix = prefix,
		.now = janitor->now,
		.stop = janitor->stop,
		.each = each,
		.again = again,
		.of = &listing,
	};

	buf_reset(why);
	if (store->class->list)
		return store->class->list(store, &walk, why);
	buf_text(why, "files of this kind of store cannot be listed");
	return FAILURE_INTERNAL;
}

enum failure janitor_remove(const struct janitor *janitor, struct store *store,
    struct span key, struct buf *why)
{
	enum failure failure;
	unsigned tries = 0;

	buf_reset(why);
	if (!store->class->remove) {
		buf_text(why, "files of this kind of store cannot be removed");
		return FAILURE_INTERNAL;
	}
	do {
		failure = store->class->remove(
		    store, key, janitor->now(), janitor->stop, why);
	} while (
	    failure == FAILURE_UNAVAILABLE && janitor_again(janitor, ++tries));
	return failure;
}

bool janitor_settle(const struct janitor *janitor, struct buf *why)
{
	const struct service *service = janitor->service;
	char memory[STORE_WHY];
	struct buf wrong = buf_of(memory, sizeof memory);

	for (size_t i = 0; i < service->store_count; i++) {
		struct store *store = service->stores[i];

		if (!store->class->settle ||
		    store->class->settle(store, &wrong) == FAILURE_NONE)
			continue;
		buf_reset(why);
		buf_add(why, service->conf->storages[i].name);
		buf_text(why, ": ");
		buf_add(why, buf_span(&wrong));
		return false;
	}
	return true;
}
