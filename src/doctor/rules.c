#include "doctor/rules.h"

#include "net/xml.h"

/* --- what a rule says -----------------------------------------------------*/

/* The elements without elements in them, as lines: "/Rule/Status=Enabled". */
struct leaves {
	struct buf path, text, out;
	bool leaf; /* the innermost element has no element so far */
	char path_memory[512], text_memory[2048], memory[8192];
};

static bool leaf_begin(void *of, const char *name, const char **attributes)
{
	struct leaves *leaves = of;

	(void)attributes;
	buf_char(&leaves->path, '/');
	buf_text(&leaves->path, name);
	buf_reset(&leaves->text);
	leaves->leaf = true;
	return buf_ok(&leaves->path);
}

static bool leaf_end(void *of, const char *name)
{
	struct leaves *leaves = of;

	if (leaves->leaf) {
		buf_add(&leaves->out, buf_span(&leaves->path));
		buf_char(&leaves->out, '=');
		buf_add(&leaves->out, buf_span(&leaves->text));
		buf_char(&leaves->out, '\n');
	}
	leaves->leaf = false;
	leaves->path.len -= strlen(name) + 1;
	return buf_ok(&leaves->out) && buf_ok(&leaves->text);
}

static bool leaf_text(void *of, struct span text)
{
	struct leaves *leaves = of;

	buf_add(&leaves->text, text);
	return true;
}

static bool leaves_read(struct leaves *leaves, struct span element)
{
	static const struct xml_events events = { leaf_begin, leaf_end,
		leaf_text };
	struct xml *xml;
	bool well;

	leaves->path = buf_of(leaves->path_memory, sizeof leaves->path_memory);
	leaves->text = buf_of(leaves->text_memory, sizeof leaves->text_memory);
	leaves->out = buf_of(leaves->memory, sizeof leaves->memory);
	buf_char(&leaves->out, '\n');
	xml = xml_open_stream(&events, leaves, XML_UNTOLD);
	well = xml && xml_feed(xml, element) && xml_end(xml);
	xml_close(xml);
	return well;
}

/* Whether a line, with the newlines around it, is in the text. */
static bool has_line(struct span text, struct span line)
{
	return line.at && memmem(text.at, text.len, line.at, line.len) != NULL;
}

bool rules_same(struct span one, struct span other)
{
	struct leaves a, b;
	struct span rest;

	if (!leaves_read(&a, one) || !leaves_read(&b, other) ||
	    a.out.len != b.out.len)
		return false;
	for (rest = buf_span(&a.out); rest.len > 1;) {
		const size_t len = span_find(span_from(rest, 1), '\n') + 2;

		if (!has_line(buf_span(&b.out), span_first(rest, len)))
			return false;
		rest = span_from(rest, len - 1);
	}
	return true;
}

/* --- a document -----------------------------------------------------------*/

struct merging {
	const struct rules *rules;
	struct span document;
	struct buf *out, *stale;
	bool old;     /* others' rules have Prefix outside of Filter */
	bool see_old; /* so it was seen */

	struct xml *xml;
	unsigned depth;
	size_t copied; /* bytes of the document that are in out */
	size_t start;  /* of the rule that is being read */
	bool in_id, has_prefix;
	bool any, changed, strange;
	bool found[RULES_MAX];
	struct buf id;
	char id_memory[RULES_ID_MAX + 1];
};

static struct span xml_of(const struct merging *merging, size_t number)
{
	const struct rule *rule = &merging->rules->list[number];

	return merging->old ? rule->old : rule->xml;
}

/* Copies what stands before `place`, which goes on at `next`. */
static void copy_to(struct merging *merging, size_t place, size_t next)
{
	buf_add(merging->out,
	    span_first(span_from(merging->document, merging->copied),
		place - merging->copied));
	merging->copied = next;
}

static bool begin(void *of, const char *name, const char **attributes)
{
	struct merging *merging = of;

	(void)attributes;
	switch (++merging->depth) {
	case 1:
		return span_is(span_of(name), merging->rules->root);
	case 2:
		merging->strange |=
		    !span_is(span_of(name), merging->rules->name);
		merging->start = (size_t)xml_place(merging->xml);
		merging->has_prefix = false;
		buf_reset(&merging->id);
		break;
	case 3:
		merging->in_id = span_is(span_of(name), "ID");
		merging->has_prefix |= span_is(span_of(name), "Prefix");
		break;
	default:
		/* What has elements in it is no ID. */
		merging->id.full |= merging->in_id;
		break;
	}
	return true;
}

static bool take_text(void *of, struct span text)
{
	struct merging *merging = of;

	if (merging->depth == 3 && merging->in_id)
		buf_add(&merging->id, text);
	return true;
}

/* The number of the rule that was just read among those that are wanted. */
static size_t number_of(const struct merging *merging)
{
	size_t i = 0;

	while (i < merging->rules->count &&
	       !(buf_ok(&merging->id) && span_equal(merging->rules->list[i].id,
					     buf_span(&merging->id))))
		i++;
	return i;
}

static void note_stale(struct merging *merging)
{
	if (!span_starts(buf_span(&merging->id), RULES_OWN))
		return;
	buf_text(merging->stale, merging->stale->len ? ", " : "");
	buf_add(merging->stale, buf_span(&merging->id));
}

static void end_rule(struct merging *merging, size_t end)
{
	const size_t number = number_of(merging);
	const struct span element = span_first(
	    span_from(merging->document, merging->start), end - merging->start);

	merging->any = true;
	if (number == merging->rules->count) {
		merging->see_old |= merging->has_prefix;
		note_stale(merging);
		return;
	}
	/* Which of two is ours? */
	merging->strange |= merging->found[number];
	merging->found[number] = true;
	if (merging->rules->list[number].others ||
	    rules_same(xml_of(merging, number), element))
		return;
	copy_to(merging, merging->start, end);
	buf_add(merging->out, xml_of(merging, number));
	merging->changed = true;
}

static void add_missing(struct merging *merging)
{
	for (size_t i = 0; i < merging->rules->count; i++)
		if (!merging->found[i] && !merging->rules->list[i].others) {
			buf_add(merging->out, xml_of(merging, i));
			merging->changed = true;
		}
}

static bool end(void *of, const char *name)
{
	struct merging *merging = of;
	const size_t place = (size_t)xml_place(merging->xml);

	(void)name;
	switch (merging->depth--) {
	case 1:
		copy_to(merging, place, place);
		add_missing(merging);
		break;
	case 2:
		end_rule(merging, place + xml_length(merging->xml));
		break;
	case 3:
		merging->in_id = false;
		break;
	default:
		break;
	}
	return !merging->strange;
}

/* A document of only what is wanted. */
static void write_new(struct merging *merging)
{
	buf_reset(merging->out);
	buf_char(merging->out, '<');
	buf_text(merging->out, merging->rules->root);
	buf_text(merging->out, " xmlns=\"" RULES_NAMESPACE "\">");
	add_missing(merging);
	buf_text(merging->out, "</");
	buf_text(merging->out, merging->rules->root);
	buf_char(merging->out, '>');
}

static enum rules_result merge_once(struct merging *merging)
{
	static const struct xml_events events = { begin, end, take_text };
	bool whole;

	buf_reset(merging->out);
	buf_reset(merging->stale);
	buf_init(&merging->id, merging->id_memory, sizeof merging->id_memory);
	merging->xml = xml_open_stream(&events, merging, XML_UNTOLD);
	whole = !merging->document.len ||
		(merging->xml && xml_feed(merging->xml, merging->document) &&
		    xml_end(merging->xml));
	xml_close(merging->xml);
	if (!whole)
		return merging->strange ? RULES_STRANGE : RULES_UNREADABLE;
	/* Of <CORSConfiguration/> the end cannot be written behind. */
	if (!merging->any)
		write_new(merging);
	else
		copy_to(merging, merging->document.len, 0);
	if (!buf_ok(merging->out))
		return RULES_STRANGE;
	return merging->changed ? RULES_CHANGED : RULES_SAME;
}

enum rules_result rules_merge(const struct rules *rules, struct span document,
    struct buf *out, struct buf *stale)
{
	struct merging merging = {
		.rules = rules,
		.document = document,
		.out = out,
		.stale = stale,
	};
	enum rules_result result = merge_once(&merging);

	if (merging.see_old) {
		merging = (struct merging){
			.rules = rules,
			.document = document,
			.out = out,
			.stale = stale,
			.old = true,
		};
		result = merge_once(&merging);
	}
	if (result != RULES_CHANGED)
		buf_reset(out);
	return result;
}
