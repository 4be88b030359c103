#ifndef SERVICE_TICKER_H
#define SERVICE_TICKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * A thread that does one thing again and again. All times are as clock_micros
 * gives them.
 *
 * `work` runs on that thread without a lock. It returns when it is to run
 * again; INT64_MAX: not before ticker_resume. It may hang, for example on a
 * disk: each ticker has a thread of its own, so no other ticker waits for it.
 * All other functions but ticker_poke belong to the thread that starts and
 * stops the ticker.
 */
struct ticker {
	int64_t (*work)(void *argument);
	void *argument;
	int64_t next;
	bool busy;     /* work is running */
	bool last;     /* work is to run once more before the end */
	bool stopping; /* the thread ends as soon as work is not running */
	pthread_mutex_t lock; /* for all above, except work and argument */
	pthread_cond_t changed;
	pthread_t thread;
};

/* Runs work at once, unless it is running. Any thread. */
void ticker_poke(struct ticker *ticker);

/* Starts the thread; work runs at `first` for the first time. Returns false
 * without a thread. */
bool ticker_start(struct ticker *ticker, int64_t first,
    int64_t (*work)(void *argument), void *argument);

/* Waits until work is not running, and keeps it from running until
 * ticker_resume, which runs it at once. */
void ticker_pause(struct ticker *ticker);
void ticker_resume(struct ticker *ticker);

/*
 * Ends the thread. With `last`, work runs once more first. Waits for work that
 * is running, but not beyond `until`. Returns false if it is still running
 * then: the thread is left as it is, and the ticker must stay in memory.
 */
bool ticker_stop(struct ticker *ticker, bool last, int64_t until);

#endif
