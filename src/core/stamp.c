#include "core/stamp.h"

#include <time.h>

#define SECONDS_LAST INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/*
 * gmtime_r looks at TZ the first time, and never again: neither it nor timegm
 * reads a clock. strftime would look at the time zone's file each time.
 */
static struct tm moment_of(int64_t seconds)
{
	time_t time = seconds > SECONDS_LAST ? SECONDS_LAST : seconds;
	struct tm moment;

	if (time < 0)
		time = 0;
	gmtime_r(&time, &moment);
	return moment;
}

static void two(struct buf *out, int value)
{
	char digits[2] = { (char)('0' + value / 10), (char)('0' + value % 10) };

	buf_add(out, (struct span){ digits, sizeof(digits) });
}

static void add_year(struct buf *out, const struct tm *moment)
{
	two(out, (moment->tm_year + 1900) / 100);
	two(out, (moment->tm_year + 1900) % 100);
}

static void date(struct buf *out, const struct tm *moment, const char *sep)
{
	add_year(out, moment);
	buf_text(out, sep);
	two(out, moment->tm_mon + 1);
	buf_text(out, sep);
	two(out, moment->tm_mday);
}

static void clock_time(
    struct buf *out, const struct tm *moment, const char *sep)
{
	two(out, moment->tm_hour);
	buf_text(out, sep);
	two(out, moment->tm_min);
	buf_text(out, sep);
	two(out, moment->tm_sec);
}

void stamp_date(struct buf *out, int64_t seconds)
{
	struct tm moment = moment_of(seconds);

	date(out, &moment, "-");
}

static void date_time(struct buf *out, int64_t seconds, const char *date_sep,
    const char *time_sep)
{
	struct tm moment = moment_of(seconds);

	date(out, &moment, date_sep);
	buf_char(out, 'T');
	clock_time(out, &moment, time_sep);
	buf_char(out, 'Z');
}

void stamp_rfc3339(struct buf *out, int64_t seconds)
{
	date_time(out, seconds, "-", ":");
}

void stamp_amz(struct buf *out, int64_t seconds)
{
	date_time(out, seconds, "", "");
}

void stamp_http(struct buf *out, int64_t seconds)
{
	static const char weekdays[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm moment = moment_of(seconds);

	buf_add(out, (struct span){ weekdays + 3 * moment.tm_wday, 3 });
	buf_text(out, ", ");
	two(out, moment.tm_mday);
	buf_char(out, ' ');
	buf_add(out, (struct span){ months + 3 * moment.tm_mon, 3 });
	buf_char(out, ' ');
	add_year(out, &moment);
	buf_char(out, ' ');
	clock_time(out, &moment, ":");
	buf_text(out, " GMT");
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

static bool zone_is_utc(struct span text)
{
	if (span_starts(text, ".")) {
		size_t run = span_run(span_from(text, 1), "0123456789");

		if (!run)
			return false;
		text = span_from(text, 1 + run);
	}
	return span_is(text, "Z") || span_is(text, "z") ||
	       span_is(text, "+00:00");
}

bool stamp_read(struct span text, int64_t *ret_seconds)
{
	int year, month, day, hour, minute, second;
	struct tm date;
	int64_t midnight;

	if (!digits(&text, 4, '-', &year) || !digits(&text, 2, '-', &month) ||
	    !digits(&text, 2, 'T', &day) || !digits(&text, 2, ':', &hour) ||
	    !digits(&text, 2, ':', &minute) || !digits(&text, 2, 0, &second) ||
	    !zone_is_utc(text))
		return false;
	date = (struct tm){
		.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day
	};
	midnight = timegm(&date);
	/* timegm makes another date of one that is in no calendar; 23:59:60
	 * is a leap second and counts as the next day's first. */
	if (year < 1970 || date.tm_mon != month - 1 || date.tm_mday != day ||
	    hour > 23 || minute > 59 || second > 60)
		return false;
	*ret_seconds = midnight + hour * 3600 + minute * 60 + second;
	return true;
}
