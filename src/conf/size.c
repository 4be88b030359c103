#include "conf/size.h"

#include <inttypes.h>
#include <stdio.h>

static const struct {
	const char *name;
	uint64_t bytes;
} units[] = {
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
#define COUNT (sizeof units / sizeof *units)

static size_t digits_len(struct span text)
{
	size_t len = 0;

	while (len < text.len && text.at[len] >= '0' && text.at[len] <= '9')
		len++;
	return len;
}

bool size_parse(struct span text, uint64_t *ret_bytes, const char **ret_wrong)
{
	struct span all = span_trim(text, " \t");
	size_t len = digits_len(all);
	struct span unit = span_trim(span_from(all, len), " \t");
	uint64_t number;

	if (len == 0) {
		*ret_wrong = "must begin with digits, as in \"100 MiB\"";
		return false;
	}
	if (span_starts(unit, ".") || span_starts(unit, ",")) {
		*ret_wrong = "must be a whole number: use a smaller unit";
		return false;
	}
	for (size_t i = 0; i < COUNT; i++) {
		if (!span_equal_nocase(unit, span_of(units[i].name)))
			continue;
		if (!span_u64(span_first(all, len), &number) ||
		    number > INT64_MAX / units[i].bytes) {
			*ret_wrong = "is beyond 64 bits";
			return false;
		}
		*ret_bytes = number * units[i].bytes;
		return true;
	}
	*ret_wrong = "has an unknown unit: use B, KB, MB, GB, TB (powers of "
		     "1000), KiB, MiB, GiB or TiB (powers of 1024)";
	return false;
}

void size_write(uint64_t bytes, char ret_text[SIZE_TEXT])
{
	size_t best = COUNT;

	/* The largest unit that divides it. */
	for (size_t i = 0; bytes && i < COUNT; i++)
		if (bytes % units[i].bytes == 0 && units[i].bytes > 1 &&
		    (best == COUNT || units[best].bytes < units[i].bytes))
			best = i;
	if (best < COUNT) {
		snprintf(ret_text, SIZE_TEXT, "%" PRIu64 " %s",
		    bytes / units[best].bytes, units[best].name);
		return;
	}
	snprintf(ret_text, SIZE_TEXT, "%" PRIu64 " byte%s", bytes,
	    bytes == 1 ? "" : "s");
}
