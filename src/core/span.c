#include "core/span.h"

#include <string.h>

bool span_equal_nocase(struct span a, struct span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (a.at[i] != b.at[i] &&
		    ascii_lower(a.at[i]) != ascii_lower(b.at[i]))
			return false;
	}
	return true;
}

size_t span_find(struct span a, char byte)
{
	const char *found = a.len ? memchr(a.at, byte, a.len) : NULL;

	return found ? (size_t)(found - a.at) : a.len;
}

size_t span_find_last(struct span a, char byte)
{
	const char *found = a.len ? memrchr(a.at, byte, a.len) : NULL;

	return found ? (size_t)(found - a.at) : a.len;
}

/* Of a few bytes: faster than strchr, which would find the NUL as well. */
static bool is_one_of(char c, const char *bytes)
{
	for (; *bytes; bytes++)
		if (c == *bytes)
			return true;
	return false;
}

struct span span_trim(struct span a, const char *bytes)
{
	while (a.len > 0 && is_one_of(a.at[0], bytes))
		a = span_from(a, 1);
	while (a.len > 0 && is_one_of(a.at[a.len - 1], bytes))
		a.len--;
	return a;
}

struct span span_cut(struct span *rest, char byte)
{
	size_t at = span_find(*rest, byte);
	struct span head = span_first(*rest, at);

	if (at < rest->len)
		*rest = span_from(*rest, at + 1);
	else
		*rest = (struct span){ NULL, 0 };
	return head;
}

bool span_u64(struct span a, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (a.len == 0)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (a.at[i] < '0' || a.at[i] > '9')
			return false;
		unsigned digit = (unsigned)(a.at[i] - '0');
		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*ret_value = value;
	return true;
}

uint32_t span_hash(uint32_t hash, struct span a)
{
	for (size_t i = 0; i < a.len; i++)
		hash = (hash ^ (uint8_t)a.at[i]) * 16777619u;
	return hash;
}

size_t span_run(struct span a, const struct chars *set)
{
	size_t len = 0;

	/* Four at a time: to ask for the end costs as much as the table. */
	while (a.len - len >= 4 &&
	       (chars_have(set, a.at[len]) & chars_have(set, a.at[len + 1]) &
		   chars_have(set, a.at[len + 2]) &
		   chars_have(set, a.at[len + 3])))
		len += 4;
	while (len < a.len && chars_have(set, a.at[len]))
		len++;
	return len;
}

bool span_only(struct span a, const struct chars *set)
{
	return span_run(a, set) == a.len;
}

bool span_printable(struct span a)
{
	return span_only(a, &chars_printable);
}

bool span_visible(struct span a)
{
	return span_printable(a) && span_find(a, ' ') == a.len;
}
