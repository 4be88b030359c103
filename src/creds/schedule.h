#ifndef CREDS_SCHEDULE_H
#define CREDS_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/* When temporary credentials are asked for again. random is any number: it
 * keeps many processes from asking at once. */

/* Unix seconds, after now and before expires: with a quarter of the time
 * left, or 15 minutes where that is less; up to a fifth of that earlier. */
int64_t creds_renew_at(int64_t now, int64_t expires, uint32_t random);

/* Likewise when the answer was the same that was there already, as instance
 * metadata gives it until 5 minutes before the end: a minute later, or after
 * an eighth of the time left. */
int64_t creds_ask_again_at(int64_t now, int64_t expires);

/* Milliseconds to wait after so many failures in a row (1, 2, …): 1 second,
 * then twice as long each time up to 30, of which a half is by chance; at
 * most a quarter of `left`, the seconds until the old ones end. left is 0
 * when there are none, or they do not end: then up to 10. At least 250. */
int creds_retry_ms(unsigned failures, int64_t left, uint32_t random);

/* What the log has said of a source. Zeroed at first. */
struct creds_voice {
	bool bad;         /* that it fails, and not yet that it works again */
	bool none;        /* … and that there are none left */
	int64_t bad_said; /* unix seconds; 0: never */
	int64_t none_said;
};

enum creds_news {
	CREDS_NEWS_NOTHING,
	CREDS_NEWS_FAILING, /* renewal fails, the old ones go on */
	CREDS_NEWS_NONE,    /* there are none to sign with */
	CREDS_NEWS_WELL,    /* it works again */
};

/*
 * What the log is to say now. A state is told when it begins, but each at
 * most once a minute; while it lasts, every ten minutes; the end is told of
 * what was told.
 */
enum creds_news creds_voice_next(
    struct creds_voice *voice, int64_t now, bool failing, bool none);

#endif
