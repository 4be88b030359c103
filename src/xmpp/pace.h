#ifndef XMPP_PACE_H
#define XMPP_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* When a connection shows that it lives, when it counts as dead, and when the
 * next one is tried. Times are microseconds of a clock that only goes
 * forward. */

#define PACE_SECOND INT64_C(1000000)
#define PACE_BLANK (60 * PACE_SECOND) /* nothing was sent: a blank */
#define PACE_PING (120 * PACE_SECOND) /* nothing came: a ping */
#define PACE_DEAD (30 * PACE_SECOND)  /* and nothing after it: the end */
#define PACE_WAIT_MAX (60 * PACE_SECOND)
#define PACE_CONFLICT (60 * PACE_SECOND)
#define PACE_LIVED (10 * PACE_SECOND)

/* Of an open stream. */
struct pace {
	int64_t sent;  /* when something was sent last */
	int64_t heard; /* when something came last */
	bool pinged;   /* since then */
};

enum pace_due {
	PACE_NOTHING,
	PACE_SEND_BLANK,
	PACE_SEND_PING, /* told once */
	PACE_END,
};

void pace_begin(struct pace *pace, int64_t now);
void pace_sent(struct pace *pace, int64_t now);
void pace_heard(struct pace *pace, int64_t now);
/* What is to be done now. *ret_next: when to ask again, at the latest. */
enum pace_due pace_due(struct pace *pace, int64_t now, int64_t *ret_next);

/*
 * How long to wait before the next connection. *backoff is 0 at first; the
 * waits grow from 1 s to 60 s, each by a random part (random is any number).
 * lived: how long the last stream was open; conflict: it was told that another
 * one has its name.
 */
int64_t pace_wait(
    int64_t *backoff, int64_t lived, bool conflict, uint32_t random);

#endif
