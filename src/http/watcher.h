#ifndef HTTP_WATCHER_H
#define HTTP_WATCHER_H

#include <pthread.h>

#include "http/log.h"
#include "store/fs.h"

/*
 * The thread that looks once a second whether the embedded store's disk
 * takes uploads (fs_disk_watch), and logs when that changes: an event loop must
 * not wait for a disk.
 */
struct watcher {
	struct fs *fs; /* NULL: nothing to do */
	struct log log;
	const struct fs_disk_fault *fault; /* what was logged last */
	bool busy;
	bool stopping;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
};

bool watcher_start(struct watcher *watcher);
/* Watches this store from now on, NULL: none; the one before is not used any
 * more when it returns. */
void watcher_use(struct watcher *watcher, struct fs *fs, const struct log *log);
void watcher_stop(struct watcher *watcher);

#endif
