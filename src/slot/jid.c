#include "slot/jid.h"

#include "core/chars.h"
#include "core/idn.h"
#include "core/uri.h"
#include "core/utf8.h"

#define LABEL_MAX 63 /* characters; RFC 1035, section 2.3.4 */

static const char not_domain[] =
    "jid: the domain is not a host name or IP literal";
static const char no_alabels[] =
    "jid: the domain has no ASCII form (IDNA2008, UTS 46)";
static const char no_memory[] = "jid: out of memory";

static bool has_control(struct span text)
{
	uint32_t code;

	while (utf8_next_outside(&text, &chars_printable, &code))
		if (utf8_is_control(code))
			return true;
	return text.len > 0;
}

static bool local_valid(struct span local)
{
	/* Printable ASCII but the blank and @. */
	static const struct chars plain = { { ['!' ... '?'] = true,
	    ['A' ... '~'] = true } };
	uint32_t code;

	while (utf8_next_outside(&local, &plain, &code))
		if (code < 0x80 || utf8_is_control(code) || utf8_is_blank(code))
			return false;
	return local.len == 0;
}

/* Invisible characters, and those that some programs read as a dot. The
 * joiners U+200C and 200D are allowed: some scripts need them. */
static bool deceives(uint32_t code)
{
	static const struct {
		uint32_t from;
		uint32_t to;
	} ranges[] = {
		{ 0x00ad, 0x00ad },
		{ 0x061c, 0x061c },
		{ 0x180e, 0x180e },
		{ 0x200b, 0x200b },
		{ 0x200e, 0x200f },
		{ 0x202a, 0x202e },
		{ 0x2060, 0x206f },
		{ 0x3002, 0x3002 },
		{ 0xfeff, 0xfeff },
		{ 0xff0e, 0xff0e },
		{ 0xff61, 0xff61 },
		{ 0xfff0, 0xffff },
		{ 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (code >= ranges[i].from && code <= ranges[i].to)
			return true;
	}
	return false;
}

static size_t count_characters(struct span text)
{
	size_t count = 0;
	uint32_t code;

	for (; utf8_next(&text, &code); count++)
		;
	return count;
}

static bool label_valid(struct span label)
{
	struct span rest = label;
	uint32_t code;

	if (label.len == 0 || label.at[0] == '-' ||
	    label.at[label.len - 1] == '-')
		return false;
	while (utf8_next_outside(&rest, &chars_word, &code))
		if (code < 0x80 || utf8_is_control(code) ||
		    utf8_is_blank(code) || deceives(code))
			return false;
	return rest.len == 0 &&
	       (label.len <= LABEL_MAX || count_characters(label) <= LABEL_MAX);
}

static size_t count_labels(struct span domain)
{
	size_t count = 0;

	for (; domain.at; count++)
		span_cut(&domain, '.');
	return count;
}

static bool labels_valid(struct span domain)
{
	if (domain.len == 0)
		return false;
	while (domain.at) {
		if (!label_valid(span_cut(&domain, '.')))
			return false;
	}
	return true;
}

static bool is_ascii(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] >= 0x80)
			return false;
	return true;
}

static const char *write_ascii(struct span domain, struct buf *out)
{
	if (uri_is_address(domain))
		return uri_address_write(domain, out) ? NULL : not_domain;
	if (!labels_valid(domain))
		return not_domain;
	buf_lower(out, domain);
	return buf_ok(out) ? NULL : not_domain;
}

/* UTS 46 maps some characters to punctuation and dots, others to nothing. */
static const char *write_mapped(struct span domain, struct buf *out)
{
	char memory[IDN_MAX + 1];
	struct buf mapped = buf_of(memory, sizeof memory);

	if (!labels_valid(domain))
		return not_domain;
	switch (idn_to_ascii(domain, &mapped)) {
	case IDN_NO_MEMORY:
		return no_memory;
	case IDN_NONE:
		return no_alabels;
	case IDN_DONE:
		break;
	}
	if (count_labels(buf_span(&mapped)) != count_labels(domain))
		return not_domain;
	return write_ascii(buf_span(&mapped), out);
}

bool jid_domain(struct span text, struct buf *out, const char **ret_wrong)
{
	const char *wrong;

	if (text.len > JID_PART_MAX) {
		*ret_wrong = "jid: the domain is over 1023 bytes";
		return false;
	}
	if (text.len > 0 && text.at[text.len - 1] == '.')
		text.len--;
	wrong =
	    is_ascii(text) ? write_ascii(text, out) : write_mapped(text, out);
	if (wrong)
		*ret_wrong = wrong;
	return !wrong;
}

/* libidn2 takes some A-labels of whose U-labels it makes others, or none. */
static bool comes_back(struct span domain)
{
	char memory[2][JID_PART_MAX + 1];
	struct buf labels = buf_of(memory[0], sizeof memory[0]);
	struct buf same = buf_of(memory[1], sizeof memory[1]);
	const char *wrong;

	return idn_to_unicode(domain, &labels) == IDN_DONE &&
	       jid_domain(buf_span(&labels), &same, &wrong) &&
	       span_equal(buf_span(&same), domain);
}

bool jid_labels_valid(struct span domain)
{
	char memory[IDN_MAX + 1];
	struct span rest = domain;
	bool has_alabel = false;
	struct buf same = buf_of(memory, sizeof memory);

	while (rest.at)
		has_alabel |= span_starts(span_cut(&rest, '.'), "xn--");
	if (!has_alabel)
		return true;
	return idn_to_ascii(domain, &same) == IDN_DONE &&
	       span_equal(buf_span(&same), domain) && comes_back(domain);
}

enum failure jid_refuse(
    const char *wrong, const char *detail, struct refusal *why)
{
	if (wrong == no_memory)
		return failure_reason(FAILURE_UNAVAILABLE, wrong, why);
	return failure_detail(FAILURE_BAD_REQUEST, detail, why);
}

enum failure jid_read(
    struct span text, struct jid *ret_jid, struct refusal *why)
{
	const char *wrong;

	if (jid_parse(text, ret_jid, &wrong))
		return FAILURE_NONE;
	return jid_refuse(wrong, wrong, why);
}

static const char *local_fault(struct span local)
{
	if (local.len == 0)
		return "jid: the part before the @ is empty";
	if (local.len > JID_PART_MAX)
		return "jid: the local part is over 1023 bytes";
	if (!local_valid(local))
		return "jid: the local part has a blank or a control "
		       "character";
	return NULL;
}

static const char *resource_fault(struct span resource)
{
	if (resource.len > JID_PART_MAX)
		return "jid: the resource is over 1023 bytes";
	if (has_control(resource))
		return "jid: the resource has a control character";
	return NULL;
}

bool jid_parse(struct span text, struct jid *ret_jid, const char **ret_wrong)
{
	struct span resource = text;
	struct span domain = span_cut(&resource, '/');
	struct span local = SPAN_EMPTY;
	const char *wrong = resource_fault(resource);
	char memory[JID_PART_MAX + 1];
	struct buf lower = buf_of(memory, sizeof memory);

	if (!wrong && span_find(domain, '@') < domain.len) {
		local = span_cut(&domain, '@');
		wrong = local_fault(local);
	}
	if (!wrong && domain.len == 0)
		wrong = "jid: the domain is missing";
	if (wrong || !jid_domain(domain, &lower, &wrong)) {
		*ret_wrong = wrong;
		return false;
	}

	struct buf out;
	buf_init(&out, ret_jid->memory, sizeof(ret_jid->memory));
	buf_add(&out, local);
	buf_add(&out, buf_span(&lower));
	ret_jid->local = span_first(buf_span(&out), local.len);
	ret_jid->domain = span_from(buf_span(&out), local.len);
	return true;
}

void jid_bare(const struct jid *jid, struct buf *out)
{
	buf_lower(out, jid->local);
	if (jid->local.len)
		buf_char(out, '@');
	buf_add(out, jid->domain);
}

bool jid_domain_matches(struct span domain, struct span pattern)
{
	if (!span_starts(pattern, "*."))
		return span_equal(domain, pattern);
	struct span tail = span_from(pattern, 1); /* with its dot */
	return domain.len > tail.len &&
	       span_equal(span_from(domain, domain.len - tail.len), tail);
}
