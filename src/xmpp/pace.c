#include "xmpp/pace.h"

#define FIRST (2 * PACE_SECOND)

void pace_begin(struct pace *pace, int64_t now)
{
	*pace = (struct pace){ .sent = now, .heard = now };
}

void pace_sent(struct pace *pace, int64_t now)
{
	pace->sent = now;
}

void pace_heard(struct pace *pace, int64_t now)
{
	pace->heard = now;
	pace->pinged = false;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

enum pace_due pace_due(struct pace *pace, int64_t now, int64_t *ret_next)
{
	const int64_t ping = pace->heard + PACE_PING;
	const int64_t end = ping + PACE_DEAD;
	const int64_t blank = pace->sent + PACE_BLANK;

	*ret_next = earlier(blank, pace->pinged ? end : ping);
	if (pace->pinged && now >= end)
		return PACE_END;
	if (!pace->pinged && now >= ping) {
		pace->pinged = true;
		*ret_next = end;
		return PACE_SEND_PING;
	}
	return now >= blank ? PACE_SEND_BLANK : PACE_NOTHING;
}

int64_t pace_wait(
    int64_t *backoff, int64_t lived, bool conflict, uint32_t random)
{
	int64_t half;

	if (*backoff == 0 || lived >= PACE_LIVED)
		*backoff = FIRST;
	half = *backoff / 2;
	*backoff = earlier(2 * *backoff, PACE_WAIT_MAX);
	return conflict ? PACE_CONFLICT : half + random % (half + 1);
}
