#ifndef SERVICE_COUNTER_H
#define SERVICE_COUNTER_H

#include "conf/conf.h"
#include "service/pool.h"
#include "service/ticker.h"

/*
 * Counts slots and bytes where the configuration says (`quota`). The counts of
 * memory are saved to a file every minute, so that a restart forgets little.
 * One thread opens and closes the counter; `quota` may be used by any thread.
 * `note` writes a line of the log and may be called by any thread.
 */
struct counter {
	void (*note)(void *argument, enum conf_log_level level,
	    const char *message, const char *reason);
	void *argument;
	struct quota *quota;
	struct pool *askers; /* threads for calls that wait; NULL: none do */
	bool open;
	char *state_file; /* NULL: nothing is saved */
	int64_t pause;    /* microseconds between two saves; 0: a minute */
	struct ticker saver;
	bool saves;  /* saver runs */
	bool failed; /* the last save; saver's alone */
};

/* Starts counting; note and argument are set by the caller. Returns false with
 * a sentence in wrong. counter_close must follow in either case. */
bool counter_open(struct counter *counter, const struct conf_quota *conf,
    char *wrong, size_t wrong_size);

/* Saves for the last time. Waits for that until `until` (clock_micros) at
 * most, because the disk may hang. Nothing but counter_close may follow. */
void counter_save(struct counter *counter, int64_t until);

/* Saves for the last time, however long that takes, and frees what counts.
 * The caller has closed askers before. note must still be callable. */
void counter_close(struct counter *counter);

#endif
