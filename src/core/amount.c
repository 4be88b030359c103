#include "core/amount.h"

#include "core/buf.h"

struct unit {
	const char *name;
	uint64_t worth;
};

static const struct unit sizes[] = {
	{ "", 1 },
	{ "B", 1 },
	{ "KB", 1000 },
	{ "MB", 1000000 },
	{ "GB", 1000000000 },
	{ "TB", 1000000000000 },
	{ "KiB", 1024 },
	{ "MiB", 1048576 },
	{ "GiB", 1073741824 },
	{ "TiB", 1099511627776 },
};

static const struct unit durations[] = {
	{ "s", 1 },
	{ "second", 1 },
	{ "seconds", 1 },
	{ "min", 60 },
	{ "minute", 60 },
	{ "minutes", 60 },
	{ "h", 3600 },
	{ "hour", 3600 },
	{ "hours", 3600 },
	{ "d", 86400 },
	{ "day", 86400 },
	{ "days", 86400 },
};

#define SIZES (sizeof sizes / sizeof *sizes)
#define DURATIONS (sizeof durations / sizeof *durations)

static bool wrong(const char *sentence, const char **ret_wrong)
{
	*ret_wrong = sentence;
	return false;
}

/* Splits a text into its digits and its unit. */
static bool split(struct span text, struct span *ret_digits,
    struct span *ret_unit, const char **ret_wrong)
{
	const struct span all = span_trim(text, " \t");
	const size_t len = span_run(all, &chars_digit);

	*ret_digits = span_first(all, len);
	*ret_unit = span_trim(span_from(all, len), " \t");
	if (span_starts(*ret_unit, ".") || span_starts(*ret_unit, ","))
		return wrong(
		    "must be a whole number: use a smaller unit", ret_wrong);
	return true;
}

static bool count(struct span digits, struct span unit,
    const struct unit *units, size_t unit_count, const char *unknown,
    uint64_t *ret_amount, const char **ret_wrong)
{
	uint64_t number;

	for (size_t i = 0; i < unit_count; i++) {
		if (!span_equal_nocase(unit, span_of(units[i].name)))
			continue;
		if (!span_u64(digits, &number) ||
		    number > INT64_MAX / units[i].worth)
			return wrong("is beyond 64 bits", ret_wrong);
		*ret_amount = number * units[i].worth;
		return true;
	}
	return wrong(unknown, ret_wrong);
}

bool amount_bytes_read(
    struct span text, uint64_t *ret_bytes, const char **ret_wrong)
{
	struct span digits, unit;

	if (!split(text, &digits, &unit, ret_wrong))
		return false;
	if (!digits.len)
		return wrong(
		    "must begin with digits, as in \"100 MiB\"", ret_wrong);
	return count(digits, unit, sizes, SIZES,
	    "has an unknown unit: use B, KB, MB, GB, TB (powers of "
	    "1000), KiB, MiB, GiB or TiB (powers of 1024)",
	    ret_bytes, ret_wrong);
}

bool amount_seconds_read(
    struct span text, uint64_t *ret_seconds, const char **ret_wrong)
{
	struct span digits, unit;

	if (!split(text, &digits, &unit, ret_wrong))
		return false;
	if (!digits.len)
		return wrong(
		    "must begin with digits, as in \"30 days\"", ret_wrong);
	return count(digits, unit, durations, DURATIONS,
	    unit.len ? "has an unknown unit: use s, min, h or d, or "
		       "seconds, minutes, hours or days"
		     : "needs a unit, as in \"30 days\": s, min, h or d",
	    ret_seconds, ret_wrong);
}

void amount_bytes_write(uint64_t bytes, char ret_text[AMOUNT_TEXT])
{
	struct buf out = buf_of(ret_text, AMOUNT_TEXT);
	const struct unit *best = NULL;

	/* The largest unit that divides it. */
	for (size_t i = 0; bytes && i < SIZES; i++)
		if (bytes % sizes[i].worth == 0 && sizes[i].worth > 1 &&
		    (!best || best->worth < sizes[i].worth))
			best = &sizes[i];
	buf_u64(&out, best ? bytes / best->worth : bytes);
	buf_char(&out, ' ');
	buf_text(&out, best ? best->name : bytes == 1 ? "byte" : "bytes");
}
