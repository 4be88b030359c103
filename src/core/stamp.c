#include "core/stamp.h"

#include <time.h>

#define STAMP_MAX 32                       /* of all forms below */
#define SECONDS_LAST INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/*
 * Not gmtime_r: it takes a lock that all threads share, and with a time zone
 * that counts leap seconds its days begin 27 seconds late. Years are counted
 * from March, so that a leap day is the last of its year and the months'
 * lengths follow one line; 400 of them have 146097 days.
 */
static struct tm moment_of(int64_t seconds)
{
	const int64_t time = seconds < 0              ? 0
			     : seconds > SECONDS_LAST ? SECONDS_LAST
						      : seconds;
	const int days = (int)(time / 86400), clock = (int)(time % 86400);
	const int since = days + 719468; /* days since 0000-03-01 */
	const int in_era = since % 146097;
	const int year =
	    (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	const int in_year = in_era - (365 * year + year / 4 - year / 100);
	const int month = (5 * in_year + 2) / 153; /* 0: March */

	return (struct tm){
		.tm_year = year + 400 * (since / 146097) + month / 10 - 1900,
		.tm_mon = (month + 2) % 12,
		.tm_mday = in_year - (153 * month + 2) / 5 + 1,
		.tm_hour = clock / 3600,
		.tm_min = clock / 60 % 60,
		.tm_sec = clock % 60,
		.tm_wday = (days + 4) % 7, /* the first was a Thursday */
	};
}

/* The writers below give the place behind what they wrote. */

static char *two(char *at, int value)
{
	*at++ = (char)('0' + value / 10);
	*at++ = (char)('0' + value % 10);
	return at;
}

/* 0: nothing. */
static char *one(char *at, char c)
{
	if (c)
		*at++ = c;
	return at;
}

static char *year(char *at, const struct tm *moment)
{
	at = two(at, (moment->tm_year + 1900) / 100);
	return two(at, (moment->tm_year + 1900) % 100);
}

static char *date(char *at, const struct tm *moment, char sep)
{
	at = one(year(at, moment), sep);
	at = one(two(at, moment->tm_mon + 1), sep);
	return two(at, moment->tm_mday);
}

static char *clock_time(char *at, const struct tm *moment, char sep)
{
	at = one(two(at, moment->tm_hour), sep);
	at = one(two(at, moment->tm_min), sep);
	return two(at, moment->tm_sec);
}

static void add(struct buf *out, const char *written, const char *end)
{
	buf_add(out, (struct span){ written, (size_t)(end - written) });
}

void stamp_date(struct buf *out, int64_t seconds)
{
	struct tm moment = moment_of(seconds);
	char written[STAMP_MAX];

	add(out, written, date(written, &moment, '-'));
}

void stamp_rfc3339(struct buf *out, int64_t seconds)
{
	struct tm moment = moment_of(seconds);
	char written[STAMP_MAX];
	char *at = one(date(written, &moment, '-'), 'T');

	add(out, written, one(clock_time(at, &moment, ':'), 'Z'));
}

void stamp_amz(struct buf *out, int64_t seconds)
{
	struct tm moment = moment_of(seconds);
	char written[STAMP_MAX];
	char *at = one(date(written, &moment, 0), 'T');

	add(out, written, one(clock_time(at, &moment, 0), 'Z'));
}

void stamp_http(struct buf *out, int64_t seconds)
{
	static const char weekdays[] = "Sun, Mon, Tue, Wed, Thu, Fri, Sat, ";
	static const char months[] = " Jan Feb Mar Apr May Jun Jul Aug Sep Oct "
				     "Nov Dec ";
	struct tm moment = moment_of(seconds);
	char written[STAMP_MAX];
	char *at = written;

	memcpy(at, weekdays + 5 * moment.tm_wday, 5);
	at = two(at + 5, moment.tm_mday);
	memcpy(at, months + 4 * moment.tm_mon, 5);
	at = one(year(at + 5, &moment), ' ');
	at = clock_time(at, &moment, ':');
	memcpy(at, " GMT", 4);
	add(out, written, at + 4);
}

static bool digits(struct span *text, size_t count, char after, int *ret)
{
	uint64_t value;

	if (text->len < count || !span_u64(span_first(*text, count), &value))
		return false;
	*text = span_from(*text, count);
	if (after && !(text->len && *text->at == after))
		return false;
	if (after)
		*text = span_from(*text, 1);
	*ret = (int)value;
	return true;
}

/* Takes one of two characters off the front. */
static bool take(struct span *text, char one, char other)
{
	bool there = text->len && (*text->at == one || *text->at == other);

	*text = span_from(*text, there ? 1 : 0);
	return there;
}

/* Reads Z or an offset such as +01:00: how many seconds the clock is ahead of
 * UTC. */
static bool zone(struct span text, int64_t *ret_ahead)
{
	const bool behind = span_starts(text, "-");
	int hours, minutes;

	if (take(&text, 'Z', 'z')) {
		*ret_ahead = 0;
		return text.len == 0;
	}
	if (!take(&text, '+', '-') || !digits(&text, 2, ':', &hours) ||
	    !digits(&text, 2, 0, &minutes) || text.len || hours > 23 ||
	    minutes > 59)
		return false;
	*ret_ahead = (hours * 60 + minutes) * (behind ? -60 : 60);
	return true;
}

static bool fraction(struct span *text)
{
	size_t run;

	if (!take(text, '.', '.'))
		return true;
	run = span_run(*text, &chars_digit);
	*text = span_from(*text, run);
	return run > 0;
}

/* The inverse of moment_of, for the reasons that stand there. */
static int64_t midnight_of(int year, int month, int day)
{
	const int since_march = (month + 9) % 12;
	const int from = year - (month < 3);

	return INT64_C(86400) *
	       (365 * from + from / 4 - from / 100 + from / 400 +
		   (153 * since_march + 2) / 5 + day - 1 - 719468);
}

/* A date that is in no calendar comes back as another one; 23:59:60 is a leap
 * second and counts as the next day's first. */
static bool unix_time(int year, int month, int day, int hour, int minute,
    int second, int64_t *ret_seconds)
{
	const int64_t midnight = midnight_of(year, month, day);
	const struct tm date = moment_of(midnight);

	if (year < 1970 || date.tm_mon != month - 1 || date.tm_mday != day ||
	    hour > 23 || minute > 59 || second > 60)
		return false;
	*ret_seconds = midnight + hour * 3600 + minute * 60 + second;
	return true;
}

bool stamp_read(struct span text, int64_t *ret_seconds)
{
	int year, month, day, hour, minute, second;
	int64_t seconds, ahead;

	if (!digits(&text, 4, '-', &year) || !digits(&text, 2, '-', &month) ||
	    !digits(&text, 2, 0, &day) || !take(&text, 'T', 't') ||
	    !digits(&text, 2, ':', &hour) || !digits(&text, 2, ':', &minute) ||
	    !digits(&text, 2, 0, &second) || !fraction(&text) ||
	    !zone(text, &ahead) ||
	    !unix_time(year, month, day, hour, minute, second, &seconds))
		return false;
	*ret_seconds = seconds - ahead;
	return true;
}

bool stamp_amz_read(struct span text, int64_t *ret_seconds)
{
	int year, month, day, hour, minute, second;

	return text.len == STAMP_AMZ_TEXT && digits(&text, 4, 0, &year) &&
	       digits(&text, 2, 0, &month) && digits(&text, 2, 'T', &day) &&
	       digits(&text, 2, 0, &hour) && digits(&text, 2, 0, &minute) &&
	       digits(&text, 2, 'Z', &second) &&
	       unix_time(year, month, day, hour, minute, second, ret_seconds);
}
