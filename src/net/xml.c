#include "net/xml.h"

#include "core/hash.h"
#include "net/forget.h"

#include <expat.h>
#include <stdlib.h>

struct xml {
	XML_Parser parser;
	const struct xml_events *events;
	void *of;
	enum xml_fault fault;
	/* Bytes that were read since expat told of something last: it keeps a
	 * tag that has not ended, however long it gets. */
	size_t untold;
	size_t untold_max;
	struct gathering *gathering; /* of xml_open; NULL: a stream */
};

/* What the reading of a whole document needs: the innermost element. */
struct gathering {
	xml_element *element;
	void *of;
	unsigned depth;
	struct buf text;
	char memory[XML_TEXT + 1];
};

/* --- what expat tells -----------------------------------------------------*/

static void stop(struct xml *xml, enum xml_fault fault)
{
	if (xml->fault == XML_FINE)
		xml->fault = fault;
	XML_StopParser(xml->parser, XML_FALSE);
}

/* expat may tell of one more thing after it was stopped. */
static bool goes_on(struct xml *xml)
{
	xml->untold = 0;
	return xml->fault == XML_FINE;
}

static void begin(void *of, const char *name, const char **attributes)
{
	struct xml *xml = of;

	if (goes_on(xml) && !xml->events->begin(xml->of, name, attributes))
		stop(xml, XML_STOPPED);
}

static void end(void *of, const char *name)
{
	struct xml *xml = of;

	if (goes_on(xml) && !xml->events->end(xml->of, name))
		stop(xml, XML_STOPPED);
}

static void text(void *of, const char *bytes, int len)
{
	struct xml *xml = of;

	if (goes_on(xml) &&
	    !xml->events->text(xml->of, (struct span){ bytes, (size_t)len }))
		stop(xml, XML_STOPPED);
}

static void document_type(void *of, const char *name, const char *system,
    const char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	stop(of, XML_RESTRICTED);
}

static void instruction(void *of, const char *target, const char *data)
{
	(void)target;
	(void)data;
	stop(of, XML_RESTRICTED);
}

/* --- its life -------------------------------------------------------------*/

static void *take(size_t size)
{
	return malloc(size);
}

static struct xml *open_for(const struct xml_events *events, void *of)
{
	static const XML_Memory_Handling_Suite memory = { take, forget_realloc,
		forget };
	struct xml *xml = calloc(1, sizeof *xml);

	if (!xml)
		return NULL;
	xml->parser = XML_ParserCreate_MM("UTF-8", &memory, NULL);
	if (!xml->parser) {
		free(xml);
		return NULL;
	}
	xml->untold_max = XML_UNTOLD;
	xml->events = events;
	xml->of = of;
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

struct xml *xml_open_stream(
    const struct xml_events *events, void *of, size_t untold)
{
	struct xml *xml = open_for(events, of);

	if (!xml)
		return NULL;
	xml->untold_max = untold;
	XML_SetProcessingInstructionHandler(xml->parser, instruction);
	return xml;
}

static enum xml_fault fault_of(const struct xml *xml)
{
	return XML_GetErrorCode(xml->parser) == XML_ERROR_NO_MEMORY
		   ? XML_OUT_OF_MEMORY
		   : XML_BROKEN;
}

static bool parse(struct xml *xml, struct span bytes, bool last)
{
	xml->untold += bytes.len;
	if (xml->fault != XML_FINE)
		return false;
	if (XML_Parse(xml->parser, bytes.at, (int)bytes.len, last) !=
	    XML_STATUS_OK) {
		/* A handler that stopped it has said why. */
		if (xml->fault == XML_FINE)
			xml->fault = fault_of(xml);
	} else if (xml->untold > xml->untold_max) {
		xml->fault = XML_TOO_LONG;
	}
	return xml->fault == XML_FINE;
}

bool xml_feed(struct xml *xml, struct span bytes)
{
	bool well = xml->fault == XML_FINE;

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

enum xml_fault xml_fault(const struct xml *xml)
{
	return xml->fault;
}

/* Expat 2.9 warns of the narrow ones. */
#if XML_MINOR_VERSION >= 9
#define XML_GetCurrentByteIndex XML_GetCurrentByteIndex64
#define XML_GetCurrentByteCount XML_GetCurrentByteCount64
#endif

uint64_t xml_place(const struct xml *xml)
{
	return (uint64_t)XML_GetCurrentByteIndex(xml->parser);
}

unsigned xml_length(const struct xml *xml)
{
	return (unsigned)XML_GetCurrentByteCount(xml->parser);
}

void xml_close(struct xml *xml)
{
	if (!xml)
		return;
	XML_ParserFree(xml->parser);
	if (xml->gathering)
		wipe(xml->gathering, sizeof *xml->gathering);
	free(xml->gathering);
	free(xml);
}

/* --- whole documents ------------------------------------------------------*/

static bool gather_begin(void *of, const char *name, const char **attributes)
{
	struct gathering *gathering = of;

	(void)name;
	(void)attributes;
	buf_reset(&gathering->text);
	return ++gathering->depth <= XML_DEPTH;
}

static bool gather_end(void *of, const char *name)
{
	struct gathering *gathering = of;

	if (!gathering->element(gathering->of, gathering->depth, span_of(name),
		buf_span(&gathering->text)))
		return false;
	gathering->depth--;
	buf_reset(&gathering->text);
	return true;
}

static bool gather_text(void *of, struct span bytes)
{
	struct gathering *gathering = of;

	buf_add(&gathering->text, bytes);
	return buf_ok(&gathering->text);
}

struct xml *xml_open(xml_element *element, void *of)
{
	static const struct xml_events events = { gather_begin, gather_end,
		gather_text };
	struct gathering *gathering = malloc(sizeof *gathering);
	struct xml *xml = gathering ? open_for(&events, gathering) : NULL;

	if (!xml) {
		free(gathering);
		return NULL;
	}
	xml->gathering = gathering;
	gathering->element = element;
	gathering->of = of;
	gathering->depth = 0;
	buf_init(&gathering->text, gathering->memory, sizeof gathering->memory);
	return xml;
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
