#ifndef SERVICE_COUNTER_H
#define SERVICE_COUNTER_H

#include <pthread.h>

#include "conf/conf.h"
#include "service/pool.h"

/*
 * What counts slots and bytes, as the configuration says, with the threads
 * that ask it when it waits, and a thread that saves it, so that a restart
 * forgets little. note writes a line of the log, from any thread.
 */
struct counter {
	void (*note)(void *argument, enum conf_log_level level,
	    const char *message, const char *reason);
	void *argument;
	struct quota *quota;
	struct pool *askers; /* NULL: it never waits */
	bool open;
	char *state_file; /* or NULL */
	int64_t pause;    /* microseconds between two saves; 0: a minute */
	pthread_mutex_t lock;
	pthread_cond_t stop_now;
	pthread_cond_t stopped;
	bool stopping;
	bool saved;   /* for the last time */
	bool running; /* thread is there */
	pthread_t thread;
};

/* note and argument are there. False with a sentence in wrong; to be closed
 * in either case. */
bool counter_open(struct counter *counter, const struct conf_quota *conf,
    char *wrong, size_t wrong_size);

/* Saves for the last time, and waits for that until a time (see clock_micros)
 * at the most: the disk may hang. counter_close may follow. */
void counter_save(struct counter *counter, int64_t until);
/* The same without an end to the wait; note must still be callable. askers is
 * closed before, and may be NULL then. */
void counter_close(struct counter *counter);

#endif
