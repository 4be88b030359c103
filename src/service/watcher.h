#ifndef SERVICE_WATCHER_H
#define SERVICE_WATCHER_H

#include "service/service.h"
#include "service/ticker.h"

/*
 * The thread that checks once a second whether the disk of the embedded store
 * takes uploads (`look` of its class), and logs when that changes: an event
 * loop must not wait for a disk. One thread calls these functions.
 */
struct watcher {
	struct ticker ticker;
	/* Returns the newest service, held; called by the watcher's thread. */
	struct service *(*newest)(void *argument);
	void *argument;
	const struct store_fault *fault; /* what was logged last */
};

/* newest and argument are set by the caller. Returns false without a
 * thread. It first looks when watcher_look says so. */
bool watcher_start(struct watcher *watcher);

/* Looks at once, unless it is looking; does not wait for the disk. */
void watcher_look(struct watcher *watcher);

/* Ends the thread. Returns false if its disk has not answered until `until`
 * (clock_micros): the thread still waits for it. */
bool watcher_stop(struct watcher *watcher, int64_t until);

#endif
