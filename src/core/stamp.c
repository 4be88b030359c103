#include "core/stamp.h"

#define SECONDS_LAST INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

struct moment {
	unsigned year;
	unsigned month; /* 1 to 12 */
	unsigned day;   /* 1 to 31 */
	unsigned hour;
	unsigned minute;
	unsigned second;
	unsigned weekday; /* 0: Sunday */
};

/*
 * Years are counted from March, so that a leap day is the last of its year
 * and the months' lengths follow one line; 400 of them have 146097 days.
 */
static struct moment moment_of(int64_t seconds)
{
	if (seconds < 0)
		seconds = 0;
	if (seconds > SECONDS_LAST)
		seconds = SECONDS_LAST;
	unsigned days = (unsigned)(seconds / 86400);
	unsigned clock = (unsigned)(seconds % 86400);
	unsigned since = days + 719468; /* days since 0000-03-01 */
	unsigned era = since / 146097;
	unsigned in_era = since % 146097;
	unsigned year =
	    (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	unsigned in_year = in_era - (365 * year + year / 4 - year / 100);
	unsigned month = (5 * in_year + 2) / 153; /* 0: March */
	struct moment moment = {
		.year = year + 400 * era + (month >= 10 ? 1 : 0),
		.month = month < 10 ? month + 3 : month - 9,
		.day = in_year - (153 * month + 2) / 5 + 1,
		.hour = clock / 3600,
		.minute = clock / 60 % 60,
		.second = clock % 60,
		.weekday = (days + 4) % 7, /* the first was a Thursday */
	};

	return moment;
}

static void two(struct buf *out, unsigned value)
{
	char digits[2] = { (char)('0' + value / 10), (char)('0' + value % 10) };

	buf_add(out, (struct span){ digits, sizeof(digits) });
}

static void date(struct buf *out, const struct moment *moment, const char *sep)
{
	two(out, moment->year / 100);
	two(out, moment->year % 100);
	buf_text(out, sep);
	two(out, moment->month);
	buf_text(out, sep);
	two(out, moment->day);
}

static void clock_time(
    struct buf *out, const struct moment *moment, const char *sep)
{
	two(out, moment->hour);
	buf_text(out, sep);
	two(out, moment->minute);
	buf_text(out, sep);
	two(out, moment->second);
}

void stamp_date(struct buf *out, int64_t seconds)
{
	struct moment moment = moment_of(seconds);

	date(out, &moment, "-");
}

static void date_time(struct buf *out, int64_t seconds, const char *date_sep,
    const char *time_sep)
{
	struct moment moment = moment_of(seconds);

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
	struct moment moment = moment_of(seconds);

	buf_add(out, (struct span){ weekdays + 3 * moment.weekday, 3 });
	buf_text(out, ", ");
	two(out, moment.day);
	buf_char(out, ' ');
	buf_add(out, (struct span){ months + 3 * (moment.month - 1), 3 });
	buf_char(out, ' ');
	two(out, moment.year / 100);
	two(out, moment.year % 100);
	buf_char(out, ' ');
	clock_time(out, &moment, ":");
	buf_text(out, " GMT");
}

static bool digits(struct span *text, size_t count, char after, int64_t *ret)
{
	uint64_t value;

	if (text->len < count || !span_u64(span_first(*text, count), &value))
		return false;
	*text = span_from(*text, count);
	if (after && !(text->len && *text->at == after))
		return false;
	if (after)
		*text = span_from(*text, 1);
	*ret = (int64_t)value;
	return true;
}

/* As moment_of, the other way. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t in_era, months;

	year -= month <= 2;
	months = month > 2 ? month - 3 : month + 9;
	in_era = year % 400;
	return year / 400 * 146097 + in_era * 365 + in_era / 4 - in_era / 100 +
	       (153 * months + 2) / 5 + day - 1 - 719468;
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
	static const int64_t lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30,
		31, 30, 31 };
	int64_t year, month, day, hour, minute, second;

	if (!digits(&text, 4, '-', &year) || !digits(&text, 2, '-', &month) ||
	    !digits(&text, 2, 'T', &day) || !digits(&text, 2, ':', &hour) ||
	    !digits(&text, 2, ':', &minute) || !digits(&text, 2, 0, &second) ||
	    !zone_is_utc(text))
		return false;
	/* 23:59:60 is a leap second's, and counts as the next day's first. */
	if (year < 1970 || month < 1 || month > 12 || day < 1 ||
	    day > lengths[month - 1] || hour > 23 || minute > 59 || second > 60)
		return false;
	*ret_seconds = days_of(year, month, day) * 86400 + hour * 3600 +
		       minute * 60 + second;
	return true;
}
