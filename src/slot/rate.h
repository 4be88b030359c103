#ifndef SLOT_RATE_H
#define SLOT_RATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * How many requests a caller may send: `burst` at once, `per_second` in the
 * long run. Safe in any number of threads, without a lock. Times are
 * microseconds of a clock that only goes forward.
 */
struct rate {
	uint32_t per_second;    /* 1 to 1000000 */
	uint32_t burst;         /* at least 1 */
	_Atomic int64_t filled; /* when nothing of what was taken is left */
};

/* How long until one can be taken; 0: now. Takes nothing. */
int64_t rate_look(struct rate *rate, int64_t now);

/* Takes one, and gives 0; or how long until one can be taken. */
int64_t rate_take(struct rate *rate, int64_t now);

/* Begins as empty as the one before was, of the same caller, which may have
 * had another rate and burst: what was taken lately stays taken. */
void rate_resume(struct rate *rate, const struct rate *before, int64_t now);

#endif
