#ifndef CREDS_SCHEDULE_H
#define CREDS_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/* When the next attempt for temporary credentials is due. random is any
 * number; it keeps many processes from asking at the same time. */

/* Unix seconds after now: when a quarter of the time is left, at most 15
 * minutes, and up to a fifth of that earlier. */
int64_t creds_renew_at(int64_t now, int64_t expires, uint32_t random);

/* Likewise when the answer was the same as before, which instance metadata
 * gives until 5 minutes before the end: after an eighth of the time left, at
 * most a minute. */
int64_t creds_ask_again_at(int64_t now, int64_t expires);

/*
 * Milliseconds to wait after so many failures in a row (1, 2, …): 1 second,
 * doubled each time up to 30 seconds, half of it random; at most a quarter of
 * `left`, the seconds until the old credentials expire. left is 0 when there
 * are none or they never expire: then up to 10 seconds. At least 250.
 */
int creds_retry_ms(unsigned failures, int64_t left, uint32_t random);

/* What the log was told of a source. Zeroed at first. */
struct creds_voice {
	bool bad;         /* that it fails, but not that it works again */
	bool none;        /* … and that there are no credentials left */
	int64_t bad_said; /* unix seconds; 0: never */
	int64_t none_said;
};

enum creds_news {
	CREDS_NEWS_NOTHING,
	CREDS_NEWS_FAILING, /* renewal fails, the old credentials are used */
	CREDS_NEWS_NONE,    /* there are no credentials to sign with */
	CREDS_NEWS_WELL,    /* it works again */
};

/*
 * What to log now. A state is logged when it begins, at most once a minute,
 * and then every ten minutes. CREDS_NEWS_WELL follows what was logged.
 */
enum creds_news creds_voice_next(
    struct creds_voice *voice, int64_t now, bool failing, bool none);

#endif
