#include "core/litter.h"

#include "core/utf8.h"

static bool is_blank(uint32_t code)
{
	return utf8_is_blank(code) || code == '\t' || code == '\v' ||
	       code == '\f';
}

/* Of text in UTF-8, such as what was copied off a web page. */
static bool has_blank_end(struct span text)
{
	uint32_t code = 0;
	bool begins;

	if (!utf8_next(&text, &code))
		return false;
	begins = is_blank(code);
	while (utf8_next(&text, &code))
		;
	return begins || (!text.len && is_blank(code));
}

const char *litter_of(struct span secret)
{
	if (span_starts(secret, "\xff\xfe") || span_starts(secret, "\xfe\xff"))
		return "is text in UTF-16";
	if (span_find(secret, '\0') < secret.len)
		return "has NUL bytes, as text in UTF-16 has";
	if (span_starts(secret, "\xef\xbb\xbf"))
		return "begins with a byte order mark";
	if (span_find(secret, '\r') < secret.len)
		return "has a carriage return";
	if (span_find(secret, '\n') < secret.len)
		return "has more than one line";
	if (span_trim(secret, " \t\v\f").len < secret.len ||
	    has_blank_end(secret))
		return "has blanks at an end";
	return NULL;
}
