#include "core/forwarded.h"

#include "core/chars.h"

/* Digits behind a colon, or nothing at all. */
static bool is_port(struct span rest)
{
	return rest.len == 0 ||
	       (rest.len >= 2 && rest.len <= 6 && span_starts(rest, ":") &&
		   span_only(span_from(rest, 1), &chars_digit));
}

static bool parse(struct span item, struct ip *ret_ip)
{
	size_t end;

	if (span_starts(item, "[")) {
		end = span_find(item, ']');
		return end < item.len && is_port(span_from(item, end + 1)) &&
		       ip_parse(span_from(span_first(item, end), 1), ret_ip);
	}
	/* One colon alone is that of an IPv4 address's port. */
	end = span_find(item, ':');
	if (end == span_find_last(item, ':') && is_port(span_from(item, end)))
		item = span_first(item, end);
	return ip_parse(item, ret_ip);
}

/* From the left, with the same result: an address that is not trusted hides
 * everything before it, and so does what is not an address. */
void forwarded_add(struct forwarded *forwarded, struct span value)
{
	struct span rest = value;
	struct ip ip;

	while (rest.at) {
		struct span item = span_trim(span_cut(&rest, ','), " \t");

		if (!item.len)
			continue;
		if (!parse(item, &ip)) {
			forwarded->known = false;
		} else if (!forwarded->known ||
			   !ip_nets_have(forwarded->trusted, &ip)) {
			forwarded->known = true;
			forwarded->client = ip;
		}
	}
}
