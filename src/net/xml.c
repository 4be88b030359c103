#include "net/xml.h"

#include "core/hash.h"
#include "net/forget.h"

#include <expat.h>
#include <stdlib.h>

struct xml {
	XML_Parser parser;
	xml_element *element;
	void *of;
	bool failed;
	unsigned depth;
	/* Bytes that were read since expat told of something last: it keeps a
	 * tag that has not ended, however long it gets. */
	size_t untold;
	struct buf text; /* of the innermost element */
	char memory[XML_TEXT + 1];
};

static void stop(struct xml *xml)
{
	xml->failed = true;
	XML_StopParser(xml->parser, XML_FALSE);
}

static void begin(void *of, const char *name, const char **attributes)
{
	struct xml *xml = of;

	(void)name;
	(void)attributes;
	xml->untold = 0;
	buf_reset(&xml->text);
	if (++xml->depth > XML_DEPTH)
		stop(xml);
}

static void end(void *of, const char *name)
{
	struct xml *xml = of;

	xml->untold = 0;
	/* expat may tell of one more after it was stopped. */
	if (xml->failed)
		return;
	if (!xml->element(
		xml->of, xml->depth, span_of(name), buf_span(&xml->text))) {
		stop(xml);
		return;
	}
	xml->depth--;
	buf_reset(&xml->text);
}

static void text(void *of, const char *bytes, int len)
{
	struct xml *xml = of;

	xml->untold = 0;
	buf_add(&xml->text, (struct span){ bytes, (size_t)len });
	if (!buf_ok(&xml->text))
		stop(xml);
}

static void document_type(void *of, const char *name, const char *system,
    const char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	stop(of);
}

static void *take(size_t size)
{
	return malloc(size);
}

struct xml *xml_open(xml_element *element, void *of)
{
	static const XML_Memory_Handling_Suite memory = { take, forget_realloc,
		forget };
	struct xml *xml = malloc(sizeof *xml);

	if (!xml)
		return NULL;
	xml->parser = XML_ParserCreate_MM("UTF-8", &memory, NULL);
	if (!xml->parser) {
		free(xml);
		return NULL;
	}
	xml->element = element;
	xml->of = of;
	xml->failed = false;
	xml->depth = 0;
	xml->untold = 0;
	buf_init(&xml->text, xml->memory, sizeof xml->memory);
	XML_SetUserData(xml->parser, xml);
	XML_SetElementHandler(xml->parser, begin, end);
	XML_SetCharacterDataHandler(xml->parser, text);
	XML_SetStartDoctypeDeclHandler(xml->parser, document_type);
#if XML_MINOR_VERSION >= 6
	/* The bound above is what it would be for. */
	XML_SetReparseDeferralEnabled(xml->parser, XML_FALSE);
#endif
	return xml;
}

static bool parse(struct xml *xml, struct span bytes, bool last)
{
	xml->untold += bytes.len;
	if (xml->failed ||
	    XML_Parse(xml->parser, bytes.at, (int)bytes.len, last) !=
		XML_STATUS_OK ||
	    xml->untold > XML_UNTOLD)
		xml->failed = true;
	return !xml->failed;
}

bool xml_feed(struct xml *xml, struct span bytes)
{
	bool well = !xml->failed;

	/* In pieces, so that the bound is seen in time. */
	while (well && bytes.len) {
		struct span piece = span_first(bytes, XML_UNTOLD / 4);

		well = parse(xml, piece, false);
		bytes = span_from(bytes, piece.len);
	}
	return well;
}

bool xml_end(struct xml *xml)
{
	return parse(xml, SPAN_EMPTY, true);
}

void xml_close(struct xml *xml)
{
	if (!xml)
		return;
	XML_ParserFree(xml->parser);
	wipe(xml, sizeof *xml);
	free(xml);
}

struct search {
	const char *name;
	struct buf *out;
	bool found;
};

static bool compare(
    void *of, unsigned depth, struct span name, struct span content)
{
	struct search *search = of;

	(void)depth;
	if (!span_is(name, search->name))
		return true;
	buf_add(search->out, content);
	search->found = buf_ok(search->out);
	return false;
}

/* Without what only the start of a document may have. */
static struct span skip_declaration(struct span body)
{
	size_t len = 0;

	body = span_from(body, span_find(body, '<'));
	if (!span_starts(body, "<?xml"))
		return body;
	while (len < body.len && body.at[len] != '>')
		len++;
	return span_from(body, len + 1);
}

bool xml_text(struct span body, const char *name, struct buf *out)
{
	struct search search = { name, out, false };
	struct xml *xml = xml_open(compare, &search);

	/* A fragment may have several roots. */
	if (xml && xml_feed(xml, span_of("<fragment>")))
		xml_feed(xml, skip_declaration(body));
	xml_close(xml);
	return search.found;
}
