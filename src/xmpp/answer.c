#include "xmpp/answer.h"

#include "core/stamp.h"
#include "xmpp/markup.h"

#define STANZAS "urn:ietf:params:xml:ns:xmpp-stanzas"

static void begin(
    struct buf *out, const struct answer *answer, const char *type)
{
	buf_text(out, "<iq");
	markup_attribute(out, "type", span_of(type));
	markup_attribute(out, "id", answer->id);
	markup_attribute(out, "from", answer->from);
	markup_attribute(out, "to", answer->to);
	buf_char(out, '>');
}

void answer_begin(struct buf *out, const struct answer *answer)
{
	begin(out, answer, "result");
}

void answer_end(struct buf *out)
{
	buf_text(out, "</iq>");
}

/* Whether a name has no prefix, so that it needs no declaration. */
static bool is_plain(struct span name)
{
	return name.len && span_find(name, ':') == name.len;
}

/* Whether a namespace may be that of elements without a prefix. Those of XML
 * itself may not: some servers pass them on, others end the stream at them. */
static bool is_declarable(struct span space)
{
	return space.len &&
	       !span_is(space, "http://www.w3.org/XML/1998/namespace") &&
	       !span_is(space, "http://www.w3.org/2000/xmlns/");
}

/* Without what has a prefix, xml:lang aside: it may be declared elsewhere. */
static void add_attributes(struct buf *out, struct span attributes)
{
	struct span name, value;

	while (stanza_next(&attributes, &name, &value))
		if ((is_plain(name) && !span_is(name, "xmlns")) ||
		    span_is(name, "xml:lang"))
			markup_attribute(out, name.at, value);
}

static void add_element(struct buf *out, const struct stanza_element *element)
{
	if (!element || !is_plain(element->name) ||
	    !is_declarable(element->space) ||
	    element->space.len + element->name.len + element->attributes.len >
		ANSWER_ELEMENT_MAX)
		return;
	buf_char(out, '<');
	buf_add(out, element->name);
	markup_attribute(out, "xmlns", element->space);
	add_attributes(out, element->attributes);
	buf_text(out, "/>");
}

static void add_max_size(struct buf *out, const struct answer_error *error)
{
	if (!error->max_size)
		return;
	buf_text(out, "<file-too-large");
	markup_attribute(out, "xmlns", error->space);
	buf_text(out, "><max-file-size>");
	buf_u64(out, error->max_size);
	buf_text(out, "</max-file-size></file-too-large>");
}

static void add_retry(struct buf *out, const struct answer_error *error)
{
	char memory[32];
	struct buf stamp = buf_of(memory, sizeof memory);

	if (!error->retry_at)
		return;
	stamp_rfc3339(&stamp, error->retry_at);
	buf_text(out, "<retry");
	markup_attribute(out, "xmlns", error->space);
	markup_attribute(out, "stamp", buf_span(&stamp));
	buf_text(out, "/>");
}

void answer_error(struct buf *out, const void *of)
{
	const struct answer_error *error = of;

	begin(out, &error->answer, "error");
	add_element(out, error->element);
	buf_text(out, "<error");
	markup_attribute(out, "type", span_of(error->type));
	buf_text(out, "><");
	buf_text(out, error->condition);
	buf_text(out, " xmlns='" STANZAS "'/>");
	if (error->text.len) {
		buf_text(out, "<text xmlns='" STANZAS "' xml:lang='en'>");
		markup_text(out, error->text);
		buf_text(out, "</text>");
	}
	if (error->space.len) {
		add_max_size(out, error);
		add_retry(out, error);
	}
	buf_text(out, "</error>");
	answer_end(out);
}
