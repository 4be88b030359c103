#ifndef SLOT_RATE_H
#define SLOT_RATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * A limit of requests: `burst` at once, `per_second` in the long run. Any
 * thread, without a lock. Times are microseconds of a monotonic clock.
 */
struct rate {
	uint32_t per_second;    /* 1 to 1000000 */
	uint32_t burst;         /* at least 1 */
	_Atomic int64_t filled; /* when nothing will be taken any more */
};

/* How long until one can be taken; 0: now. Does not take it. */
int64_t rate_look(struct rate *rate, int64_t now);

/* Takes one, and gives 0; or how long until one can be taken. */
int64_t rate_take(struct rate *rate, int64_t now);

/* Carries over what was taken from the same caller's limit before a reload,
 * which may have had another rate and burst. */
void rate_resume(struct rate *rate, const struct rate *before, int64_t now);

#endif
