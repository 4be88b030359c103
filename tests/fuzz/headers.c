#include "core/forwarded.h"
#include "endpoint/range.h"
#include "fuzz/parts.h"
#include "fuzz/targets.h"
#include "slot/media_type.h"

#include <arpa/inet.h>

/* Range, the lists of conditional requests, media types, and addresses in
 * X-Forwarded-For and in the configuration. */

/* --- Range ----------------------------------------------------------------*/

#define BYTES "^[Bb][Yy][Tt][Ee][Ss]="
#define BLANKS "[ \t]*"

/* RFC 9110, section 14.1.1: one range, of the two forms. */
static struct grammar from_to = { .pattern =
				      BYTES BLANKS "[0-9]+-[0-9]*" BLANKS "$" };
static struct grammar last_ones = { .pattern =
					BYTES BLANKS "-[0-9]+" BLANKS "$" };

/* A number that may be beyond 64 bits: UINT64_MAX then. */
static uint64_t number(struct span digits)
{
	uint64_t value = 0;

	for (size_t i = 0; i < digits.len; i++) {
		const unsigned digit = (unsigned)(digits.at[i] - '0');

		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return UINT64_MAX;
	}
	return value;
}

/* What RFC 9110 says of such a field and a file. */
static enum range_kind expect(
    struct span field, uint64_t size, struct range *ret)
{
	struct span rest = span_from(field, sizeof "bytes=" - 1), first;
	uint64_t last;

	rest = span_trim(rest, " \t");
	first = span_cut(&rest, '-');
	if (grammar_has(&last_ones, field)) {
		last = number(rest);
		*ret =
		    (struct range){ last < size ? size - last : 0, size - 1 };
		return last && size ? RANGE_PART : RANGE_UNSATISFIABLE;
	}
	if (!grammar_has(&from_to, field))
		return RANGE_WHOLE;
	ret->first = number(first);
	last = rest.len ? number(rest) : UINT64_MAX;
	if (last < ret->first)
		return RANGE_WHOLE;
	ret->last = last < size ? last : size - 1;
	return ret->first < size ? RANGE_PART : RANGE_UNSATISFIABLE;
}

static void run_range(struct span input)
{
	struct span rest = input;
	const uint64_t size = parts_number(&rest);
	struct range range = { 1, 0 }, wanted = { 1, 0 };
	const enum range_kind kind = range_read(rest, size, &range);

	must(range_read((struct span){ NULL, 0 }, size, &range) == RANGE_WHOLE);
	if (!rest.at)
		return;
	must(kind == expect(rest, size, &wanted));
	if (kind != RANGE_PART) {
		must(range.first == 1 && range.last == 0);
		return;
	}
	must(range.first <= range.last && range.last < size);
	must(range.first == wanted.first && range.last == wanted.last);
}

/* --- If-None-Match and If-Match -------------------------------------------*/

/* RFC 9110, section 8.8.3, of tags without a comma, and "" between commas. */
#define TAG "\"[]!#-+.-\\\\^-~-]*\""
#define ENTRY "[ \t]*((W/)?" TAG ")?[ \t]*"

static struct grammar tag = { .pattern = "^" TAG "$" };
static struct grammar tag_list = { .pattern = "^" ENTRY "(," ENTRY ")*$" };

static void run_etag(struct span input)
{
	char memory[1100];
	struct buf weak = buf_of(memory, sizeof memory);
	struct span list = input;
	const struct span etag = parts_line(&list);

	if (!list.at || !grammar_has(&tag, etag))
		return;
	must(range_etag_listed(etag, etag));
	must(range_etag_listed(span_of(" *\t"), etag));
	buf_text(&weak, " \"x\" ,\tW/");
	buf_add(&weak, etag);
	must(!buf_ok(&weak) || range_etag_listed(buf_span(&weak), etag));
	/* Between two tags stands a comma, so no tag begins in another. */
	if (grammar_has(&tag_list, list))
		must(range_etag_listed(list, etag) ==
		     (memmem(list.at, list.len, etag.at, etag.len) != NULL));
}

/* --- media types ----------------------------------------------------------*/

#define TOKEN "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
#define NO_STAR "[!#$%&'+.^_`|~0-9A-Za-z-]+"
#define QUOTED "\"([] !#-[^-~]|\\\\[ -~])*\""

/* RFC 9110, sections 8.3.1 and 5.6.6, in printable ASCII. */
static struct grammar media_type = { .pattern =
					 "^" TOKEN "/" TOKEN "( *; *(" TOKEN
					 "=(" TOKEN "|" QUOTED "))?)*$" };
static struct grammar pattern = { .pattern = "^(\\*/\\*|" NO_STAR
					     "/(\\*|" NO_STAR "))$" };
static struct grammar shown = {
	.pattern = "^(image/(png|jpeg|gif|webp|avif|heic)|audio/.+|video/.+"
		   "|text/plain)$"
};
static struct grammar is_xml = { .pattern = "^.*\\+xml$" };

static bool is_media_type(struct span type)
{
	return type.len <= MEDIA_TYPE_MAX && grammar_has(&media_type, type);
}

/* A type that is taken, and the patterns that are to match it. */
static void check_type(struct span type)
{
	char memory[3 * MEDIA_TYPE_MAX];
	struct buf lower = buf_of(memory, sizeof memory);
	const struct span essence = media_type_essence(type);
	const size_t slash = span_find(essence, '/');
	struct span one, any;

	must(is_media_type(essence));
	buf_lower(&lower, essence);
	one = buf_span(&lower);
	must(media_type_matches(type, one) && media_type_matches(one, essence));
	must(media_type_matches(type, span_of("*/*")));
	must(media_type_inline(type) ==
	     (grammar_has(&shown, one) && !grammar_has(&is_xml, one)));
	buf_add(&lower, span_first(one, slash + 1));
	buf_char(&lower, '*');
	any = span_from(buf_span(&lower), one.len);
	must(media_type_matches(type, any));
	*(char *)any.at = *any.at == 'x' ? 'y' : 'x';
	must(!media_type_matches(type, any));
}

static void run_media_type(struct span input)
{
	struct span rest = input;
	const struct span text = parts_line(&rest), wanted = rest;
	const struct span trimmed = span_trim(text, " \t");
	struct span hint = media_type_hint(text);

	must(media_type_valid(text) == is_media_type(text));
	must(hint.len ? span_equal(hint, trimmed) : !is_media_type(trimmed));
	must(media_type_pattern_valid(text) ==
	     (text.len <= MEDIA_TYPE_MAX && grammar_has(&pattern, text)));
	media_type_matches(text, wanted);
	must(is_media_type(media_type_of_name(text)));
	if (hint.len)
		check_type(hint);
}

/* --- addresses ------------------------------------------------------------*/

static struct grammar bracketed = {
	.pattern = "^\\[[0-9a-fA-F:.]+\\](:[0-9]{1,5})?$"
};
static struct grammar with_port = { .pattern = "^[0-9.]+(:[0-9]{1,5})?$" };

static bool read_address(struct span text, struct ip *ret)
{
	char name[64];
	uint8_t four[4];

	if (text.len >= sizeof name || span_find(text, '\0') < text.len)
		return false;
	memcpy(name, text.at, text.len);
	name[text.len] = '\0';
	if (inet_pton(AF_INET, name, four) != 1)
		return inet_pton(AF_INET6, name, ret->bytes) == 1;
	memset(ret->bytes, 0, 10);
	memset(ret->bytes + 10, 0xff, 2);
	memcpy(ret->bytes + 12, four, 4);
	return true;
}

static bool same_ip(const struct ip *a, const struct ip *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

static void check_net(struct span text)
{
	const char *wrong;
	struct ip_net net;
	struct ip other;

	if (!ip_net_parse(text, &net, &wrong))
		return;
	must(net.bits <= 128 && ip_net_has(&net, &net.ip));
	for (unsigned i = 0; i < 128; i++) {
		other = net.ip;
		other.bytes[i / 8] ^= (uint8_t)(1u << (7 - i % 8));
		must(ip_net_has(&net, &other) == (i >= net.bits));
		must(i < net.bits || net.ip.bytes[i / 8] < other.bytes[i / 8]);
	}
}

static void run_ip(struct span text)
{
	char memory[IP_TEXT_SIZE];
	struct buf out = buf_of(memory, sizeof memory);
	struct ip ip, other;

	must(ip_parse(text, &ip) == read_address(text, &other));
	check_net(text);
	if (!ip_parse(text, &ip))
		return;
	must(same_ip(&ip, &other));
	ip_write(&ip, &out);
	must(buf_ok(&out) && ip_parse(buf_span(&out), &other));
	must(same_ip(&ip, &other));
	must(ip_is_v4(&ip) == (span_find(buf_span(&out), ':') == out.len));
}

/* An entry of X-Forwarded-For. */
static bool read_entry(struct span entry, struct ip *ret)
{
	size_t colon = span_find_last(entry, ':');

	if (grammar_has(&bracketed, entry))
		entry =
		    span_from(span_first(entry, span_find_last(entry, ']')), 1);
	else if (grammar_has(&with_port, entry) && colon < entry.len)
		entry = span_first(entry, colon);
	return read_address(entry, ret);
}

/* From the right, as forwarded.h says it. */
static bool expect_client(
    struct span lines, const struct ip_nets *trusted, struct ip *ret)
{
	bool known = false;

	while (lines.len) {
		size_t start = lines.len;
		struct span entry;
		struct ip ip;

		while (start && lines.at[start - 1] != ',' &&
		       lines.at[start - 1] != '\n')
			start--;
		entry = span_trim(span_from(lines, start), " \t");
		lines = span_first(lines, start ? start - 1 : 0);
		if (!entry.len)
			continue;
		if (!read_entry(entry, &ip))
			break;
		known = true;
		*ret = ip;
		if (!ip_nets_have(*trusted, &ip))
			break;
	}
	return known;
}

static void run_forwarded(struct span lines)
{
	static const char *const texts[] = { "192.0.2.0/24", "2001:db8::/32",
		"::1" };
	struct ip_net nets[3];
	struct forwarded forwarded = { .trusted = { nets, 3 } };
	struct span rest = lines;
	const char *wrong;
	struct ip client;

	for (size_t i = 0; i < 3; i++)
		must(ip_net_parse(span_of(texts[i]), &nets[i], &wrong));
	while (rest.at)
		forwarded_add(&forwarded, span_cut(&rest, '\n'));
	must(forwarded.known ==
	     expect_client(lines, &forwarded.trusted, &client));
	must(!forwarded.known || same_ip(&forwarded.client, &client));
}

const struct fuzz_target headers_targets[] = {
	{ "range", 200, NULL, run_range },
	{ "etag", 400, NULL, run_etag },
	{ "media-type", 400, NULL, run_media_type },
	{ "ip", 64, NULL, run_ip },
	{ "forwarded", 400, NULL, run_forwarded },
	{ 0 },
};
