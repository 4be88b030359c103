#include "fuzz/match.h"

#include "fuzz/fuzz.h"

#include <strings.h>

/* The bounds that xmpp/stanza.h promises. */
#define DEEPEST_STANZA 32u
#define LONGEST_STANZA 65536u
#define LONG_TAG 60000u /* its attributes are perhaps not kept */

static bool equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

enum duty { NEVER, PERHAPS, ALWAYS };

/* Whether an address is of the component. PERHAPS: not for a test to say. */
static enum duty is_ours(const char *to)
{
	const size_t len = strcspn(to, "/");
	const char *at = memchr(to, '@', len);
	const char *domain = at ? at + 1 : to;
	const size_t domain_len = len - (size_t)(domain - to);

	if (domain_len == strlen(MATCH_JID) &&
	    strncasecmp(domain, MATCH_JID, domain_len) == 0)
		return ALWAYS;
	for (size_t i = 0; i < domain_len; i++)
		if (domain[i] & 0x80)
			return PERHAPS;
	return domain_len && domain[domain_len - 1] == '.' ? PERHAPS : NEVER;
}

/* Whether it is to be answered. */
static enum duty duty_of(const struct said *asked)
{
	if (!asked->whole || strcmp(asked->name, "iq") != 0 || !asked->from ||
	    !*asked->from)
		return NEVER;
	if (asked->tag > LONG_TAG)
		return PERHAPS;
	if (equal(asked->type, "result") || equal(asked->type, "error"))
		return NEVER;
	if (asked->to && is_ours(asked->to) != ALWAYS)
		return is_ours(asked->to);
	return ALWAYS;
}

static bool answers(const struct said *answer, const struct said *asked)
{
	const bool bare = !asked->to || !strpbrk(asked->to, "@/");
	const bool skipped =
	    asked->deepest > DEEPEST_STANZA || asked->len > LONGEST_STANZA;

	if (answer->violation != skipped || !equal(answer->to, asked->from))
		return false;
	if (asked->tag > LONG_TAG)
		return true;
	return equal(answer->id, asked->id) &&
	       equal(answer->from, bare ? MATCH_JID : asked->to);
}

static bool is_answer(const struct said *said)
{
	if (strcmp(said->name, "iq") != 0) {
		must(equal(said->name, "handshake") ||
		     equal(said->name, "error"));
		return false;
	}
	must(said->whole);
	must(equal(said->type, "result") || equal(said->type, "error"));
	return true;
}

void match_answers(
    const struct reading *in, const struct reading *out, bool strict)
{
	size_t next = 0;

	for (size_t i = 0; i < in->count; i++)
		if (duty_of(&in->said[i]) == PERHAPS)
			strict = false;
	for (size_t i = 0; i < in->count; i++) {
		const enum duty duty = duty_of(&in->said[i]);

		while (next < out->count && !is_answer(&out->said[next]))
			next++;
		if (duty == NEVER)
			continue;
		if (next < out->count &&
		    answers(&out->said[next], &in->said[i]))
			next++;
		else
			must(!strict);
	}
	for (; next < out->count; next++)
		must(!is_answer(&out->said[next]));
}
