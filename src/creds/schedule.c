#include "creds/schedule.h"

#define MARGIN_MAX 900
#define ASK_AGAIN 60
#define RETRY_MIN 250
#define RETRY_FIRST 1000
#define RETRY_MAX 30000
#define RETRY_MAX_NONE 10000
#define PAUSE 60
#define REMINDER 600

int64_t creds_renew_at(int64_t now, int64_t expires, uint32_t random)
{
	int64_t margin = (expires - now) / 4;

	if (margin > MARGIN_MAX)
		margin = MARGIN_MAX;
	margin += (int64_t)(random % (uint32_t)(margin / 5 + 1));
	return expires - margin > now ? expires - margin : now + 1;
}

int64_t creds_ask_again_at(int64_t now, int64_t expires)
{
	int64_t delay = (expires - now) / 8;

	if (delay > ASK_AGAIN)
		delay = ASK_AGAIN;
	return now + (delay > 1 ? delay : 1);
}

int creds_retry_ms(unsigned failures, int64_t left, uint32_t random)
{
	const int max = left > 0 ? RETRY_MAX : RETRY_MAX_NONE;
	int delay = RETRY_FIRST;

	while (failures-- > 1 && delay < max)
		delay *= 2;
	if (delay > max)
		delay = max;
	delay = delay / 2 + (int)(random % (uint32_t)(delay / 2 + 1));
	if (left > 0 && delay / 250 > left)
		delay = (int)left * 250;
	return delay < RETRY_MIN ? RETRY_MIN : delay;
}

static bool may_say(bool said, int64_t said_at, int64_t now)
{
	/* A time in the future: the clock was set back since. */
	return !said_at || said_at > now ||
	       now - said_at >= (said ? REMINDER : PAUSE);
}

enum creds_news creds_voice_next(
    struct creds_voice *voice, int64_t now, bool failing, bool none)
{
	if (none) {
		if (!may_say(voice->none, voice->none_said, now))
			return CREDS_NEWS_NOTHING;
		voice->bad = voice->none = true;
		voice->bad_said = voice->none_said = now;
		return CREDS_NEWS_NONE;
	}
	voice->none = false;
	if (failing) {
		if (!may_say(voice->bad, voice->bad_said, now))
			return CREDS_NEWS_NOTHING;
		voice->bad = true;
		voice->bad_said = now;
		return CREDS_NEWS_FAILING;
	}
	if (!voice->bad)
		return CREDS_NEWS_NOTHING;
	voice->bad = false;
	return CREDS_NEWS_WELL;
}
