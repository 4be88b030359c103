#include "core/span.h"

#include <string.h>

struct span span_of(const char *text)
{
	if (!text)
		return SPAN_EMPTY;
	return (struct span){ text, strlen(text) };
}

bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool span_is(struct span a, const char *text)
{
	return span_equal(a, span_of(text));
}

bool span_equal_nocase(struct span a, struct span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (ascii_lower(a.at[i]) != ascii_lower(b.at[i]))
			return false;
	}
	return true;
}

bool span_starts(struct span a, const char *prefix)
{
	struct span p = span_of(prefix);

	return a.len >= p.len && span_equal(span_first(a, p.len), p);
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

struct span span_from(struct span a, size_t from)
{
	if (!a.at)
		return a;
	if (from > a.len)
		from = a.len;
	return (struct span){ a.at + from, a.len - from };
}

struct span span_first(struct span a, size_t len)
{
	if (len < a.len)
		a.len = len;
	return a;
}

/* strchr alone would find the NUL that ends the set. */
static bool in_set(char c, const char *set)
{
	return c != '\0' && strchr(set, c);
}

struct span span_trim(struct span a, const char *bytes)
{
	while (a.len > 0 && in_set(a.at[0], bytes))
		a = span_from(a, 1);
	while (a.len > 0 && in_set(a.at[a.len - 1], bytes))
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

size_t span_run(struct span a, const char *set)
{
	size_t len = 0;

	while (len < a.len && in_set(a.at[len], set))
		len++;
	return len;
}

bool span_only(struct span a, const char *set)
{
	return span_run(a, set) == a.len;
}

bool span_printable(struct span a)
{
	for (size_t i = 0; i < a.len; i++)
		if (a.at[i] < ' ' || a.at[i] > '~')
			return false;
	return true;
}

bool span_visible(struct span a)
{
	return span_printable(a) && span_find(a, ' ') == a.len;
}

char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool ascii_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}
