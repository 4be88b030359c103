#ifndef QUOTA_WINDOWS_H
#define QUOTA_WINDOWS_H

#include "core/span.h"

/*
 * What one user has used, in 100 bytes: slots of the last minute, bytes of the
 * last day. Time is cut into parts of a fixed length. A part counts until the
 * last grant in it has left the window, so each grant counts for the window's
 * length at least, and for one part's length more at most. The caller locks.
 */
#define WINDOWS_STEP_BACK 60   /* seconds that a clock may go back unseen */
#define WINDOWS_MINUTE_PARTS 7 /* of 10 seconds */
#define WINDOWS_DAY_PARTS 10   /* of 9600 seconds */

struct windows_part {
	uint32_t low;
	uint16_t high; /* bytes: high << 32 | low */
	uint16_t end;  /* seconds from the part's start to its last grant */
};

struct windows {
	uint32_t newest; /* unix seconds of the newest grant, rounded up */
	struct windows_part day[WINDOWS_DAY_PARTS];
	uint16_t minute[WINDOWS_MINUTE_PARTS]; /* slots << 4 | end */
	uint16_t mark;                         /* the owner's */
};

enum window { WINDOW_MINUTE, WINDOW_DAY };

/* What counts in the window that ends now (unix milliseconds). */
uint64_t windows_used(
    const struct windows *windows, enum window window, int64_t now);

/* The first unix second at which at most `most` of it counts if nothing is
 * added; 0: that is so now. */
int64_t windows_free(const struct windows *windows, enum window window,
    uint64_t most, int64_t now);

/* When the next part of a window stops counting, unix seconds; 0: nothing
 * counts. */
int64_t windows_next_of(
    const struct windows *windows, enum window window, int64_t now);

/* The same of both windows. */
int64_t windows_next(const struct windows *windows, int64_t now);

/*
 * Moves the windows on to this time; to be called before the other functions
 * are asked about it. When the clock has gone back by up to a minute, grants
 * ahead of it count too; by more, all grants keep their age.
 */
void windows_turn(struct windows *windows, int64_t now);

/* The same if the clock was set back by more than a minute; else nothing. */
void windows_set_back(struct windows *windows, int64_t now);

/* After windows_turn with the same now. */
void windows_add(
    struct windows *windows, int64_t now, uint32_t slots, uint64_t bytes);

/* Takes back what was added with the same now. */
void windows_take_back(
    struct windows *windows, int64_t now, uint32_t slots, uint64_t bytes);

#endif
