#include "core/chars.h"

/* Entries of a table. */
#define DIGIT ['0' ... '9'] = true
#define LOWER ['a' ... 'z'] = true
#define ALNUM DIGIT, LOWER, ['A' ... 'Z'] = true

const struct chars chars_digit = { { DIGIT } };
const struct chars chars_alnum = { { ALNUM } };
const struct chars chars_lower_alnum = { { DIGIT, LOWER } };
const struct chars chars_lower_hex = { { DIGIT, ['a' ... 'f'] = true } };
const struct chars chars_token = { { ALNUM, ['!'] = true, ['#' ... '\''] = true,
    ['*'] = true, ['+'] = true, ['-'] = true, ['.'] = true,
    ['^' ... '`'] = true, ['|'] = true, ['~'] = true } };
const struct chars chars_id = {
	{ ALNUM, ['.'] = true, ['_'] = true, ['-'] = true }
};
const struct chars chars_word = { { ALNUM, ['-'] = true, ['_'] = true } };
const struct chars chars_unreserved = {
	{ ALNUM, ['-'] = true, ['.'] = true, ['_'] = true, ['~'] = true }
};
const struct chars chars_path = { { ALNUM, ['-'] = true, ['.'] = true,
    ['_'] = true, ['~'] = true, ['/'] = true } };
const struct chars chars_printable = { { [' ' ... '~'] = true } };

struct chars chars_of(const char *text)
{
	struct chars set = { { false } };

	for (; *text; text++)
		set.has[(unsigned char)*text] = true;
	return set;
}
