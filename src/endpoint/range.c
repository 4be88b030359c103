#include "endpoint/range.h"

static enum range_kind read_suffix(
    struct span digits, uint64_t size, struct range *ret_range)
{
	uint64_t len;

	if (!span_only(digits, &chars_digit) || !digits.len)
		return RANGE_WHOLE;
	/* A number beyond 64 bits is larger than any file. */
	if (!span_u64(digits, &len) || len > size)
		len = size;
	if (len == 0)
		return RANGE_UNSATISFIABLE;
	*ret_range = (struct range){ size - len, size - 1 };
	return RANGE_PART;
}

enum range_kind range_read(
    struct span header, uint64_t size, struct range *ret_range)
{
	struct span rest = header, first, last;
	uint64_t from, to = UINT64_MAX;
	size_t equals = span_find(header, '=');

	if (!header.at ||
	    !span_equal_nocase(span_first(header, equals), span_of("bytes")))
		return RANGE_WHOLE;
	rest = span_trim(span_from(header, equals + 1), " \t");
	if (span_find(rest, ',') < rest.len || span_find(rest, '-') == rest.len)
		return RANGE_WHOLE;
	first = span_cut(&rest, '-');
	last = rest;
	if (!first.len)
		return read_suffix(last, size, ret_range);
	if (!span_only(first, &chars_digit) || !span_only(last, &chars_digit))
		return RANGE_WHOLE;
	if (!span_u64(first, &from))
		from = UINT64_MAX;
	if (last.len && !span_u64(last, &to))
		to = UINT64_MAX;
	if (to < from)
		return RANGE_WHOLE;
	if (from >= size)
		return RANGE_UNSATISFIABLE;
	*ret_range = (struct range){ from, to < size ? to : size - 1 };
	return RANGE_PART;
}

bool range_etag_listed(struct span list, struct span etag)
{
	if (span_is(span_trim(list, " \t"), "*"))
		return true;
	while (list.at) {
		struct span one = span_trim(span_cut(&list, ','), " \t");

		if (span_starts(one, "W/"))
			one = span_from(one, 2);
		if (span_equal(one, etag))
			return true;
	}
	return false;
}
