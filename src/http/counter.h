#ifndef HTTP_COUNTER_H
#define HTTP_COUNTER_H

#include <stdio.h>

#include "http/server.h"

/* Opens server->quota as the configuration says, with the threads that ask
 * it when it waits; and a thread that saves it, so that a restart forgets
 * little. */
struct counter {
	struct server *server;
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

/* False with a sentence in wrong; to be closed in either case. */
bool counter_open(struct counter *counter, struct server *server, char *wrong,
    size_t wrong_size);

/* Saves for the last time, and waits for that until a time (see world_micros)
 * at the most: the disk may hang. counter_close may follow. */
void counter_save(struct counter *counter, int64_t until);
/* The same without an end to the wait. The service must still be there: it
 * logs. */
void counter_close(struct counter *counter);

/* What it knows of itself, for GET /metrics. */
void counter_write(const struct server *server, FILE *out);

#endif
