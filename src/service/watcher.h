#ifndef SERVICE_WATCHER_H
#define SERVICE_WATCHER_H

#include <pthread.h>

#include "service/service.h"

/*
 * The thread that looks once a second whether the disk of the store that
 * keeps files takes uploads (`look` of its class), and logs when that changes:
 * an event loop must not wait for a disk.
 */
struct watcher {
	struct service *service; /* NULL, or without such a store: nothing to
	                          * do */
	const struct store_fault *fault; /* what was logged last */
	bool busy;
	bool stopping;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
};

bool watcher_start(struct watcher *watcher);
/* Watches the store of this service from now on, and never waits for a disk.
 * The service stays until there is another, or until watcher_stop; the one
 * before is held for as long as it is looked at. */
void watcher_use(struct watcher *watcher, struct service *service);
/* False: its disk has not answered until a time of clock_micros, and the
 * thread still waits for it. */
bool watcher_stop(struct watcher *watcher, int64_t until);

#endif
