#include "xmpp/stanza.h"

#include <string.h>

/*
 * Namespaces are resolved here and not by expat. expat's own resolving refuses
 * XML that some servers pass on from their users (a prefix that is not
 * declared, for one), and would so let a user end the stream.
 */

void stanza_keep(struct buf *out, const char **attributes)
{
	for (; *attributes; attributes++) {
		buf_text(out, *attributes);
		buf_char(out, '\0');
	}
}

bool stanza_next(
    struct span *rest, struct span *ret_name, struct span *ret_value)
{
	if (!rest->len)
		return false;
	*ret_name = span_cut(rest, '\0');
	*ret_value = span_cut(rest, '\0');
	return true;
}

struct span stanza_attribute(
    const struct stanza_element *element, const char *name)
{
	struct span rest = element->attributes, found, value;

	while (stanza_next(&rest, &found, &value))
		if (span_is(found, name))
			return value;
	return (struct span){ NULL, 0 };
}

bool stanza_is(
    const struct stanza_element *element, const char *space, const char *name)
{
	return span_is(element->name, name) && span_is(element->space, space);
}

/* --- namespaces -----------------------------------------------------------*/

/* What these attributes declare for a prefix; at == NULL: nothing. */
static struct span declared(struct span attributes, struct span prefix)
{
	struct span name, value;

	while (stanza_next(&attributes, &name, &value)) {
		if (!span_starts(name, "xmlns"))
			continue;
		name = span_from(name, 5);
		if (prefix.len ? span_starts(name, ":") &&
				     span_equal(span_from(name, 1), prefix)
			       : !name.len)
			return value;
	}
	return (struct span){ NULL, 0 };
}

/* The elements around the one that is read, from itself outwards. */
static struct span resolve(const struct stanza *stanza, struct span header,
    struct span own, struct span prefix)
{
	struct span scopes[] = { own, SPAN_EMPTY, SPAN_EMPTY, header };
	struct span space = { NULL, 0 };

	if (stanza->depth > 2)
		scopes[1] = stanza->payload.attributes;
	if (stanza->depth > 1)
		scopes[2] = stanza->top.attributes;
	for (size_t i = 0; i < sizeof scopes / sizeof *scopes && !space.at; i++)
		space = declared(scopes[i], prefix);
	return space.at ? space : SPAN_EMPTY;
}

/* --- what is kept ---------------------------------------------------------*/

static void skip(struct stanza *stanza)
{
	stanza->skipped = true;
	stanza->payload_count = stanza->part_count = 0;
}

/* Counts an event. False: nothing more of the stanza is kept. */
static bool within(struct stanza *stanza, uint64_t start, unsigned len)
{
	if (start + len - stanza->start > STANZA_MAX ||
	    stanza->depth > STANZA_DEPTH)
		skip(stanza);
	return !stanza->skipped;
}

/* Where the element that begins is kept; NULL: it is only counted. */
static struct stanza_element *place(struct stanza *stanza)
{
	switch (stanza->depth) {
	case 1:
		return &stanza->top;
	case 2:
		return stanza->payload_count++ ? NULL : &stanza->payload;
	case 3:
		if (stanza->payload_count > 1 ||
		    stanza->part_count++ >= STANZA_PARTS)
			return NULL;
		return &stanza->parts[stanza->part_count - 1];
	default:
		return NULL;
	}
}

/* Of a tag that is too long: all that an answer needs. */
static void keep_addresses(struct buf *out, const char **attributes)
{
	static const char *const needed[] = { "type", "id", "from", "to" };
	const size_t count = sizeof needed / sizeof *needed;

	for (; *attributes; attributes += 2) {
		const char *pair[] = { attributes[0], attributes[1], NULL };
		size_t i = 0;

		while (i < count && strcmp(pair[0], needed[i]) != 0)
			i++;
		if (i < count && strlen(pair[1]) <= STANZA_ADDRESS_MAX)
			stanza_keep(out, pair);
	}
}

void stanza_begin(struct stanza *stanza, struct span header, const char *name,
    const char **attributes, uint64_t start, unsigned len)
{
	struct stanza_element *element;
	struct span prefix = SPAN_EMPTY, local;
	size_t before;
	bool fits;

	if (stanza->depth++ == 0) {
		stanza->payload_count = stanza->part_count = 0;
		stanza->skipped = false;
		stanza->start = start;
		buf_init(&stanza->kept, stanza->memory, sizeof stanza->memory);
	}
	/* A stanza is kept itself, so that it can be answered. */
	fits = within(stanza, start, len);
	element = fits || stanza->depth == 1 ? place(stanza) : NULL;
	if (!element)
		return;
	before = stanza->kept.len;
	if (fits)
		stanza_keep(&stanza->kept, attributes);
	else
		keep_addresses(&stanza->kept, attributes);
	element->attributes = span_from(buf_span(&stanza->kept), before);
	before = stanza->kept.len;
	buf_text(&stanza->kept, name);
	local = span_from(buf_span(&stanza->kept), before);
	if (span_find(local, ':') < local.len)
		prefix = span_cut(&local, ':');
	element->name = local;
	element->space = resolve(stanza, header, element->attributes, prefix);
	element->text = span_from(buf_span(&stanza->kept), stanza->kept.len);
	if (!buf_ok(&stanza->kept))
		skip(stanza);
}

void stanza_text(
    struct stanza *stanza, struct span text, uint64_t start, unsigned len)
{
	struct stanza_element *part;

	if (!within(stanza, start, len) || stanza->depth != 3 ||
	    stanza->payload_count > 1 || stanza->part_count > STANZA_PARTS)
		return;
	/* Nothing else is kept between two pieces of it. */
	part = &stanza->parts[stanza->part_count - 1];
	buf_add(&stanza->kept, text);
	if (buf_ok(&stanza->kept))
		part->text.len += text.len;
	else
		skip(stanza);
}

void stanza_end(struct stanza *stanza, uint64_t start, unsigned len)
{
	within(stanza, start, len);
	stanza->depth--;
}
