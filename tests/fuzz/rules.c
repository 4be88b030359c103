#include "doctor/rules.h"

#include "fuzz/expat.h"
#include "fuzz/targets.h"

/*
 * Rules of a bucket that slotd doctor --fix adds to. By expat alone: a document
 * that is changed is well-formed, has the rules of others byte for byte and in
 * their order, and those of slotd's that are wanted, once each. What it becomes
 * is not changed again.
 */

#define WEB                                                                    \
	"<CORSRule><ID>slotd-web</ID><AllowedOrigin>*</AllowedOrigin></"       \
	"CORSRule>"
#define TWO "<CORSRule><ID>slotd-two</ID></CORSRule>"
#define SIZE 65536

static struct rules rules;

static void open_rules(void)
{
	rules = (struct rules){ "CORSConfiguration", "CORSRule", 2,
		{ { span_of("slotd-web"), span_of(WEB), span_of(WEB), false },
		    { span_of("slotd-two"), span_of(TWO), span_of(TWO),
			false } } };
}

/* --- the second reader ----------------------------------------------------*/

#define ELEMENTS 4096

/* The elements below the root. */
struct outline {
	XML_Parser parser;
	bool whole;
	unsigned depth;
	size_t count;
	bool in_id;
	struct part {
		size_t start, end;
		size_t id_len;
		char id[16]; /* its first bytes */
	} parts[ELEMENTS];
};

static void on_begin(void *of, const char *name, const char **attributes)
{
	struct outline *outline = of;
	struct part *part = &outline->parts[outline->count];

	(void)attributes;
	must(outline->count < ELEMENTS);
	if (++outline->depth == 2)
		*part = (struct part){
			.start =
			    (size_t)XML_GetCurrentByteIndex(outline->parser),
		};
	if (outline->depth == 3)
		outline->in_id = strcmp(name, "ID") == 0;
	else if (outline->in_id)
		part->id_len += sizeof part->id; /* that is no ID */
}

static void on_end(void *of, const char *name)
{
	struct outline *outline = of;

	(void)name;
	outline->in_id &= outline->depth > 3;
	if (outline->depth-- == 2)
		outline->parts[outline->count++].end =
		    (size_t)XML_GetCurrentByteIndex(outline->parser) +
		    (size_t)XML_GetCurrentByteCount(outline->parser);
}

static void on_text(void *of, const char *bytes, int len)
{
	struct outline *outline = of;
	struct part *part = &outline->parts[outline->count];

	if (outline->depth != 3 || !outline->in_id)
		return;
	for (int i = 0; i < len; i++, part->id_len++)
		if (part->id_len < sizeof part->id)
			part->id[part->id_len] = bytes[i];
}

static void read_outline(struct span text, struct outline *outline)
{
	outline->depth = 0;
	outline->count = 0;
	outline->in_id = false;
	outline->parser = XML_ParserCreate("UTF-8");
	must(outline->parser);
	XML_SetUserData(outline->parser, outline);
	XML_SetElementHandler(outline->parser, on_begin, on_end);
	XML_SetCharacterDataHandler(outline->parser, on_text);
	outline->whole = XML_Parse(outline->parser, text.at, (int)text.len,
			     1) == XML_STATUS_OK;
	XML_ParserFree(outline->parser);
}

/* Whether a rule has the ID of one that is wanted. */
static bool is_wanted(const struct part *part)
{
	return part->id_len == strlen("slotd-web") &&
	       (memcmp(part->id, "slotd-web", part->id_len) == 0 ||
		   memcmp(part->id, "slotd-two", part->id_len) == 0);
}

/* The next one that is others'; or the count. */
static size_t next_other(const struct outline *outline, size_t at)
{
	while (at < outline->count && is_wanted(&outline->parts[at]))
		at++;
	return at;
}

static bool same_part(struct span a, const struct part *in_a, struct span b,
    const struct part *in_b)
{
	const size_t len = in_a->end - in_a->start;

	return len == in_b->end - in_b->start &&
	       memcmp(a.at + in_a->start, b.at + in_b->start, len) == 0;
}

static void check_changed(struct span before, struct span after)
{
	static struct outline old, new;
	size_t at = 0, wanted = 0;

	old.count = 0;
	if (before.len)
		read_outline(before, &old);
	read_outline(after, &new);
	must(new.whole && (!before.len || old.whole));
	for (size_t i = 0; i < new.count; i++) {
		if (is_wanted(&new.parts[i])) {
			wanted++;
			continue;
		}
		at = next_other(&old, at);
		must(at < old.count);
		must(same_part(before, &old.parts[at++], after, &new.parts[i]));
	}
	must(next_other(&old, at) == old.count);
	must(wanted == 2);
}

/* --- the target -----------------------------------------------------------*/

static void run_rules(struct span input)
{
	static char memory[SIZE], again_memory[SIZE], stale_memory[256];
	struct buf out = buf_of(memory, sizeof memory);
	struct buf again = buf_of(again_memory, sizeof again_memory);
	struct buf stale = buf_of(stale_memory, sizeof stale_memory);
	static struct outline outline;

	switch (rules_merge(&rules, input, &out, &stale)) {
	case RULES_CHANGED:
		must(buf_ok(&out));
		check_changed(input, buf_span(&out));
		must(rules_merge(&rules, buf_span(&out), &again, &stale) ==
		     RULES_SAME);
		break;
	case RULES_SAME:
		read_outline(input, &outline);
		must(outline.whole);
		break;
	default:
		break;
	}
	must(!again.len);
}

const struct fuzz_target rules_targets[] = {
	{ "rules", 4096, open_rules, run_rules },
	{ 0 },
};
