#include "core/litter.h"

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
	if (span_trim(secret, " \t").len < secret.len)
		return "has blanks at an end";
	return NULL;
}
