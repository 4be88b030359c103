#include "core/idn.h"
#include "core/names.h"
#include "core/uri.h"
#include "core/utf8.h"
#include "fuzz/parts.h"
#include "fuzz/targets.h"
#include "slot/filename.h"
#include "slot/jid.h"

#include <arpa/inet.h>

/* JIDs, domains and file names. */

/* --- domains --------------------------------------------------------------*/

#define LABEL "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"

static struct grammar host = { .pattern = "^" LABEL "(\\." LABEL ")*$" };
/* Not ASCII, and surely without "xn--". */
static struct grammar u_labels = { .pattern = "^[^xX]*[^ -~][^xX]*$" };
static struct grammar numbers = { .pattern = "^[0-9.]*\\.[0-9.]*$" };

/* Whether it is an address in the one form that inet_ntop(3) gives it. */
static bool is_address(struct span text)
{
	char name[INET6_ADDRSTRLEN], one[INET6_ADDRSTRLEN];
	const bool brackets = text.len > 2 && text.at[0] == '[';
	const int family = brackets ? AF_INET6 : AF_INET;
	uint8_t bytes[16];

	if (brackets) {
		if (text.at[text.len - 1] != ']')
			return false;
		text = span_from(span_first(text, text.len - 1), 1);
	}
	if (text.len >= sizeof name || span_find(text, '\0') < text.len)
		return false;
	memcpy(name, text.at, text.len);
	name[text.len] = '\0';
	return inet_pton(family, name, bytes) == 1 &&
	       inet_ntop(family, bytes, one, sizeof one) &&
	       strcmp(name, one) == 0;
}

static bool is_domain(struct span text)
{
	if (text.len && (text.at[0] == '[' || grammar_has(&numbers, text)))
		return is_address(text);
	return text.len <= JID_PART_MAX && grammar_has(&host, text);
}

/* What one text is read as; at == NULL: refused. */
struct domain {
	struct span text;
	char memory[JID_PART_MAX + 1];
};

static void read_domain(struct span text, struct domain *ret)
{
	struct buf out = buf_of(ret->memory, sizeof ret->memory);
	const char *wrong = NULL;
	const bool fine = jid_domain(text, &out, &wrong);

	must(fine == !wrong);
	must(fine || out.len == 0);
	ret->text = fine ? buf_span(&out) : (struct span){ NULL, 0 };
}

/* Another text that must be read as the same domain. */
static void same_domain(struct span text, struct span domain)
{
	struct domain other;

	read_domain(text, &other);
	must(other.text.at && span_equal(other.text, domain));
}

/* What was written with U-labels alone has A-labels now. U-labels made of these
 * are read back. */
static void check_labels(struct span text, struct span domain)
{
	char memory[4 * JID_PART_MAX];
	struct buf labels = buf_of(memory, sizeof memory);

	must(!grammar_has(&u_labels, text) || jid_labels_valid(domain));
	if (domain.len > IDN_MAX || uri_is_address(domain) ||
	    !jid_labels_valid(domain))
		return;
	must(idn_to_unicode(domain, &labels) == IDN_DONE);
	if (labels.len <= JID_PART_MAX)
		same_domain(buf_span(&labels), domain);
}

static void check_upper(struct span text, struct span domain)
{
	char *upper = parts_copy(text);

	for (size_t i = 0; i < text.len; i++)
		if (upper[i] >= 'a' && upper[i] <= 'z')
			upper[i] = (char)(upper[i] - 'a' + 'A');
	same_domain((struct span){ upper, text.len }, domain);
	free(upper);
}

/* The patterns that match it are those that a label begins. */
static void check_patterns(struct span domain)
{
	char memory[JID_PART_MAX + 4];
	struct names_place places[16] = { 0 };
	struct names names;

	must(names_room(1) <= 16);
	must(jid_domain_matches(domain, domain));
	for (size_t i = 0; i < domain.len; i++) {
		struct buf pattern = buf_of(memory, sizeof memory);
		const bool matches = i && domain.at[i - 1] == '.';

		buf_text(&pattern, "*.");
		buf_add(&pattern, span_from(domain, i));
		must(jid_domain_matches(domain, buf_span(&pattern)) == matches);
		memset(places, 0, sizeof places);
		names_init(&names, places, 1);
		names_add(&names, buf_span(&pattern), 7);
		must(names_find_domain(&names, domain) ==
		     (matches ? 7 : NAMES_NONE));
	}
}

static void run_domain(struct span text)
{
	struct domain read;
	struct chars ascii = { { false } };

	memset(ascii.has, true, 128);
	read_domain(text, &read);
	if (!read.text.at) {
		must(!is_domain(text));
		return;
	}
	must(is_domain(read.text));
	same_domain(read.text, read.text);
	check_labels(text, read.text);
	if (span_only(text, &ascii))
		check_upper(text, read.text);
	check_patterns(read.text);
}

/* --- JIDs -----------------------------------------------------------------*/

static bool is_blank(uint32_t code)
{
	return code == ' ' || code == 0xa0 || code == 0x1680 ||
	       (code >= 0x2000 && code <= 0x200a) || code == 0x2028 ||
	       code == 0x2029 || code == 0x202f || code == 0x205f ||
	       code == 0x3000;
}

static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

static bool is_local(struct span local)
{
	uint32_t code;

	if (!local.len || local.len > JID_PART_MAX)
		return false;
	while (utf8_next(&local, &code))
		if (is_blank(code) || is_control(code) || code == '@')
			return false;
	return local.len == 0;
}

static bool is_resource(struct span resource)
{
	const size_t len = resource.len;
	uint32_t code;

	while (utf8_next(&resource, &code))
		if (is_control(code))
			return false;
	return resource.len == 0 && len <= JID_PART_MAX;
}

static void bare_of(struct span text, struct buf *out)
{
	const char *wrong;
	struct jid jid;

	must(jid_parse(text, &jid, &wrong));
	jid_bare(&jid, out);
	must(buf_ok(out));
}

static void check_bare(const struct jid *jid)
{
	char memory[2][JID_BARE_SIZE], full_memory[JID_BARE_SIZE + 3];
	struct buf bare = buf_of(memory[0], sizeof memory[0]);
	struct buf again = buf_of(memory[1], sizeof memory[1]);
	struct buf full = buf_of(full_memory, sizeof full_memory);

	jid_bare(jid, &bare);
	must(buf_ok(&bare));
	bare_of(buf_span(&bare), &again);
	must(span_equal(buf_span(&bare), buf_span(&again)));
	buf_add(&full, buf_span(&bare));
	buf_text(&full, "/r");
	buf_reset(&again);
	bare_of(buf_span(&full), &again);
	must(span_equal(buf_span(&bare), buf_span(&again)));
}

static void run_jid(struct span text)
{
	const size_t slash = span_find(text, '/');
	const struct span bare = span_first(text, slash);
	const size_t at = span_find(bare, '@');
	const struct span local = span_first(bare, at < bare.len ? at : 0);
	struct domain domain;
	const char *wrong;
	struct jid jid;
	bool fine;

	read_domain(span_from(bare, at < bare.len ? at + 1 : 0), &domain);
	fine = domain.text.at && (at == bare.len || is_local(local)) &&
	       is_resource(span_from(text, slash + 1));
	must(jid_parse(text, &jid, &wrong) == fine);
	if (!fine)
		return;
	must(span_equal(jid.domain, domain.text));
	must(span_equal(jid.local, local));
	check_bare(&jid);
}

/* --- file names -----------------------------------------------------------*/

static bool is_left_out(uint32_t code)
{
	return is_control(code) || code == 0x61c || code == 0x200b ||
	       code == 0x200e || code == 0x200f ||
	       (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

static bool is_clean(struct span name)
{
	struct span rest = name;
	uint32_t code, last = 0;

	if (!utf8_next(&rest, &code) || code == '.' || is_blank(code))
		return false;
	for (rest = name; utf8_next(&rest, &code); last = code)
		if (is_left_out(code) || code == '/' || code == '\\')
			return false;
	return rest.len == 0 && !is_blank(last) &&
	       name.len <= FILENAME_MAX_BYTES;
}

static struct grammar cut = {
	.pattern = "^[!-,0-9A-Z_a-z-][!-.0-9A-Z_a-z-]*\\."
		   "[!--0-9A-Z_a-z-]{1,20}$",
};

/* Of a long name the end of the front goes, and not the ending. */
static void check_cut(struct span text, struct span name)
{
	const size_t dot = span_find_last(text, '.');

	if (text.len <= FILENAME_MAX_BYTES || !grammar_has(&cut, text))
		return;
	must(name.len == FILENAME_MAX_BYTES);
	must(span_equal(span_from(name, name.len - (text.len - dot)),
	    span_from(text, dot)));
}

/* Whether all bytes stand in the other text, in this order. */
static bool is_left_of(struct span few, struct span all)
{
	size_t i = 0;

	for (size_t j = 0; i < few.len && j < all.len; j++)
		i += few.at[i] == all.at[j];
	return i == few.len;
}

static struct grammar plain = { .pattern = "^[A-Za-z0-9_.-]+$" };
static struct grammar ending = { .pattern = "^[a-z0-9]{1,20}$" };
/* RFC 6266 with RFC 8187: nothing in it has to be escaped. */
static struct grammar disposition = {
	.pattern = "^attachment; filename=\"[] !#$&-[^-~]*\"; "
		   "filename\\*=UTF-8''([A-Za-z0-9._~-]|%[0-9A-F]{2})*$",
};

/* The name that a browser reads from Content-Disposition. */
static void check_attachment(struct span name)
{
	char memory[2048], back_memory[FILENAME_MAX_BYTES + 1];
	struct buf out = buf_of(memory, sizeof memory);
	struct buf back = buf_of(back_memory, sizeof back_memory);
	struct span rest;

	filename_attachment(&out, name);
	must(buf_ok(&out) && grammar_has(&disposition, buf_span(&out)));
	rest =
	    span_from(buf_span(&out), span_find_last(buf_span(&out), '\'') + 1);
	for (; rest.len; rest = span_from(rest, *rest.at == '%' ? 3 : 1)) {
		char digits[3] = { 0 };

		if (*rest.at == '%') {
			memcpy(digits, rest.at + 1, 2);
			buf_char(&back, (char)strtoul(digits, NULL, 16));
		} else {
			buf_char(&back, *rest.at);
		}
	}
	must(span_equal(buf_span(&back), name));
}

static void check_plain(struct span name)
{
	char memory[FILENAME_MAX_BYTES + 1], ending_memory[64];
	struct buf out = buf_of(memory, sizeof memory);
	struct buf end = buf_of(ending_memory, sizeof ending_memory);
	struct span one;

	filename_plain(name, &out);
	must(buf_ok(&out) && grammar_has(&plain, buf_span(&out)));
	filename_ending(name, &end);
	one = buf_span(&end);
	must(buf_ok(&end) && grammar_has(&ending, one));
	if (!span_is(one, "bin"))
		must(filename_has_ending(name, &one, 1));
	/* Dots and spaces at the end hide no ending. */
	if (filename_has_ending(name, &one, 1)) {
		char longer[FILENAME_MAX_BYTES + 4];
		struct buf hidden = buf_of(longer, sizeof longer);

		buf_add(&hidden, name);
		buf_text(&hidden, ". .");
		must(filename_has_ending(buf_span(&hidden), &one, 1));
	}
}

static void run_filename(struct span text)
{
	char memory[2][FILENAME_MAX_BYTES + 1];
	struct buf out = buf_of(memory[0], sizeof memory[0]);
	struct buf again = buf_of(memory[1], sizeof memory[1]);

	filename_clean(text, &out);
	must(buf_ok(&out) == utf8_valid(text));
	if (!buf_ok(&out))
		return;
	must(is_clean(buf_span(&out)));
	must(is_left_of(buf_span(&out), text) ||
	     span_is(buf_span(&out), "file"));
	must(!is_clean(text) || span_equal(buf_span(&out), text));
	check_cut(text, buf_span(&out));
	filename_clean(buf_span(&out), &again);
	must(buf_ok(&again) && span_equal(buf_span(&out), buf_span(&again)));
	check_plain(buf_span(&out));
	check_attachment(buf_span(&out));
}

const struct fuzz_target names_targets[] = {
	{ "domain", 1100, NULL, run_domain },
	{ "jid", 1100, NULL, run_jid },
	{ "filename", 600, NULL, run_filename },
	{ 0 },
};
