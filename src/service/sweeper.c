#include "service/sweeper.h"

#include "service/clock.h"

#define SECOND 1000000
#define REST 20 /* times the duration of a sweep */

int64_t sweeper_next(int64_t began, int64_t ended, int64_t pause)
{
	int64_t wanted = began + pause;
	int64_t allowed = ended + REST * (ended - began);

	return wanted > allowed ? wanted : allowed;
}

static int64_t sweep(void *argument)
{
	struct sweeper *sweeper = argument;
	struct store *store = sweeper->store;
	int64_t began = clock_micros();
	int64_t now = clock_unix();
	int64_t next;

	if (!store || !store->class->sweep)
		return INT64_MAX;
	next = store->class->sweep(store, now, &sweeper->hurry);
	if (next == INT64_MAX)
		return INT64_MAX;
	return sweeper_next(began, clock_micros(), (next - now) * SECOND);
}

bool sweeper_start(struct sweeper *sweeper, struct store *store)
{
	sweeper->store = store;
	atomic_init(&sweeper->hurry, false);
	return ticker_start(&sweeper->ticker, clock_micros(), sweep, sweeper);
}

void sweeper_use(struct sweeper *sweeper, struct store *store)
{
	atomic_store(&sweeper->hurry, true);
	ticker_pause(&sweeper->ticker);
	atomic_store(&sweeper->hurry, false);
	sweeper->store = store;
	ticker_resume(&sweeper->ticker);
}

void sweeper_stop(struct sweeper *sweeper)
{
	atomic_store(&sweeper->hurry, true);
	ticker_stop(&sweeper->ticker, false, INT64_MAX);
}
