#ifndef HTTP_SWEEPER_H
#define HTTP_SWEEPER_H

#include <pthread.h>
#include <stdbool.h>

#include "store/fs.h"

/* The thread that removes expired files of the embedded store. */
struct sweeper {
	struct fs *fs;
	pthread_mutex_t lock;
	pthread_cond_t stop_now;
	bool stopping;
	pthread_t thread;
};

bool sweeper_start(struct sweeper *sweeper, struct fs *fs);
void sweeper_stop(struct sweeper *sweeper);

#endif
