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
