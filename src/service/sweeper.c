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

static void tell(struct sweeper *sweeper, struct store *store)
{
	if (store->erased && sweeper->tell_erased)
		sweeper->tell_erased(sweeper->argument, store->erased);
	store->erased = 0;
	if (store->strange_notes == sweeper->strange_notes)
		return;
	sweeper->strange_notes = store->strange_notes;
	if (sweeper->tell && store->strange_notes)
		sweeper->tell(sweeper->argument, store->strange_notes);
}

static int64_t sweep(void *argument)
{
	struct sweeper *sweeper = argument;
	struct store *store = sweeper->store;
	int64_t began = clock_micros();
	int64_t now = clock_unix();
	int64_t ended, next;

	if (!store || !store->class->sweep)
		return INT64_MAX;
	if (began < sweeper->rested)
		return sweeper->rested;
	atomic_store(&sweeper->again, false);
	next = store->class->sweep(store, now, &sweeper->hurry);
	tell(sweeper, store);
	ended = clock_micros();
	sweeper->rested = ended + (ended - began);
	if (atomic_load(&sweeper->again))
		return sweeper->rested;
	if (next == INT64_MAX)
		return INT64_MAX;
	return sweeper_next(began, ended, (next - now) * SECOND);
}

void sweeper_wake(struct sweeper *sweeper)
{
	atomic_store(&sweeper->again, true);
	ticker_poke(&sweeper->ticker);
}

bool sweeper_start(struct sweeper *sweeper, struct store *store)
{
	sweeper->store = store;
	sweeper->rested = 0;
	sweeper->strange_notes = 0;
	atomic_init(&sweeper->hurry, false);
	atomic_init(&sweeper->again, false);
	return ticker_start(&sweeper->ticker, clock_micros(), sweep, sweeper);
}

void sweeper_use(struct sweeper *sweeper, struct store *store)
{
	atomic_store(&sweeper->hurry, true);
	ticker_pause(&sweeper->ticker);
	atomic_store(&sweeper->hurry, false);
	sweeper->store = store;
	sweeper->rested = 0;
	ticker_resume(&sweeper->ticker);
}

void sweeper_stop(struct sweeper *sweeper)
{
	atomic_store(&sweeper->hurry, true);
	ticker_stop(&sweeper->ticker, false, INT64_MAX);
}
