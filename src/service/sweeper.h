#ifndef SERVICE_SWEEPER_H
#define SERVICE_SWEEPER_H

#include <stdatomic.h>

#include "service/ticker.h"
#include "slotd/store.h"

/* The thread that removes expired files of a store (`sweep` of its class).
 * One thread calls these functions. */
struct sweeper {
	struct ticker ticker;
	struct store *store; /* NULL: none; changed only while paused */
	atomic_bool hurry;   /* a running sweep is to end where it is */
	atomic_bool again;   /* see sweeper_wake */
	int64_t rested;      /* clock_micros: not woken before; its thread's */
	/* Called on its thread when the store's strange_notes has changed.
	 * NULL: nobody is told. */
	void (*tell)(void *argument, size_t strange_notes);
	/* The same for files that it has removed for erasures; may be NULL. */
	void (*tell_erased)(void *argument, uint64_t files);
	void *argument;
	size_t strange_notes; /* what was told last */
};

/* Starts with this store; NULL: none yet. tell and argument are set by the
 * caller. Returns false without a thread. */
bool sweeper_start(struct sweeper *sweeper, struct store *store);

/* Sweeps this store at once and from now on; NULL: none. When it returns, the
 * previous store is no longer in use. */
void sweeper_use(struct sweeper *sweeper, struct store *store);

/* There is something to be carried out: sweeps at once, or as soon as a pause
 * as long as the last sweep is over. Any thread. */
void sweeper_wake(struct sweeper *sweeper);

/* Ends the thread; a running sweep ends where it is. */
void sweeper_stop(struct sweeper *sweeper);

/*
 * Returns when the next sweep begins: `pause` after the last one began, but
 * not before 20 times its duration has passed since it ended, so that a store
 * with millions of files is not swept all the time. All in microseconds.
 */
int64_t sweeper_next(int64_t began, int64_t ended, int64_t pause);

#endif
