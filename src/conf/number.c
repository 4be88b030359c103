#include "conf/number.h"

#include "core/chars.h"

#include <string.h>

/* Also a NUL at the end of the text. */
static char peek(struct span text, size_t at)
{
	return at < text.len ? text.at[at] : 0;
}

int number_digit(char c)
{
	c = ascii_lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The length of L or LL behind a number. */
static size_t suffix_len(struct span rest)
{
	size_t len = 0;

	while (len < 2 && peek(rest, len) == 'L')
		len++;
	return len;
}

static const char *wrong_integer(
    struct span digits, unsigned base, bool negative, bool wide)
{
	const uint64_t limit64 = (uint64_t)INT64_MAX + (negative ? 1 : 0);
	const uint64_t limit32 = (uint64_t)INT32_MAX + (negative ? 1 : 0);
	uint64_t value = 0;

	if (base == 10 && digits.len > 1 && digits.at[0] == '0')
		return "has a leading zero, which versions of libconfig read "
		       "differently: remove the zero (write a file mode as a "
		       "string, \"0660\")";
	for (size_t i = 0; i < digits.len; i++) {
		unsigned digit = (unsigned)number_digit(digits.at[i]);

		if (value > (limit64 - digit) / base)
			return "is beyond 64 bits";
		value = value * base + digit;
	}
	if (!wide && value > limit32)
		return "is beyond 32 bits: append an L (5368709120L), or write "
		       "a size as a string (\"5 GiB\")";
	return NULL;
}

size_t number_scan(struct span text, const char **ret_wrong)
{
	size_t sign = peek(text, 0) == '-' || peek(text, 0) == '+';
	bool hex = !sign && peek(text, 0) == '0' &&
		   ascii_lower(peek(text, 1)) == 'x' &&
		   number_digit(peek(text, 2)) >= 0;
	const struct chars digit =
	    chars_of(hex ? CHARS_DIGIT "abcdefABCDEF" : CHARS_DIGIT);
	const struct chars fraction = chars_of(CHARS_DIGIT ".eE+-");
	struct span digits = span_from(text, hex ? 2 : sign);
	struct span rest;
	size_t suffix;

	*ret_wrong = NULL;
	digits = span_first(digits, span_run(digits, &digit));
	rest = span_from(text, (size_t)(digits.at - text.at) + digits.len);
	if (!hex && (peek(rest, 0) == '.' || ascii_lower(peek(rest, 0)) == 'e'))
		return text.len - rest.len + span_run(rest, &fraction);
	if (!digits.len)
		return 1;
	suffix = suffix_len(rest);
	*ret_wrong = wrong_integer(
	    digits, hex ? 16 : 10, sign && text.at[0] == '-', suffix > 0);
	return text.len - rest.len + suffix;
}

size_t number_word_len(struct span text)
{
	const struct chars ends = chars_of(" \t\r\n\f\v\";,)]}");
	size_t len = 0;

	while (peek(text, len) && !chars_have(&ends, text.at[len]))
		len++;
	return len;
}

static bool is_comment(struct span rest)
{
	return span_starts(rest, "#") || span_starts(rest, "//") ||
	       span_starts(rest, "/*");
}

/* Whether this is a setting that follows a value, and no unit. */
static bool is_setting(struct span rest)
{
	const struct chars name = chars_of(CHARS_ALNUM "-_*");
	const struct chars space = chars_of(" \t\r\n");
	size_t len = span_run(rest, &name);
	char next = peek(rest, len + span_run(span_from(rest, len), &space));

	return len && next && strchr("=:#/", next);
}

/* The length of the M of 100M, the /8 of 10/8, the GiB of 5 GiB. */
static size_t unit_len(struct span rest)
{
	const struct chars blank = chars_of(" \t");
	size_t begin = span_run(rest, &blank);
	struct span unit = span_from(rest, begin);
	size_t len = number_word_len(unit);

	if (!len || is_comment(unit) || (begin && is_setting(unit)))
		return 0;
	return begin + len;
}

size_t number_text_len(struct span text, size_t len)
{
	struct span number = span_first(text, len);
	size_t unit = unit_len(span_from(text, len));

	span_cut(&number, '.');
	span_cut(&number, '.');
	return unit || number.at ? len + unit : 0;
}
