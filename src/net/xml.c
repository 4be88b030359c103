#include "net/xml.h"

#include "core/hash.h"
#include "net/forget.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

/* Debian 12 got this with its update to 2.5.0-1+deb12u2, without 2.6's number.
 * What was built with an older expat may run with that. */
/* NOLINTNEXTLINE(readability-redundant-declaration): older headers lack it */
XML_Bool XML_SetReparseDeferralEnabled(XML_Parser parser, XML_Bool enabled)
    __attribute__((weak));

/* Of a stream's own element: a prefix and a name. */
#define ROOT_MAX 128

/*
 * A parser of expat keeps every name of an element or an attribute that it has
 * ever read. So that a stream does not grow by them for as long as it lives,
 * it gets a new parser when XML_WORN bytes were read: between two elements in
 * it, where all that a parser has to know is the name of the stream's own.
 */
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
	bool is_stream;

	/* Of a stream: */
	char root[ROOT_MAX]; /* the name of its own element; "": not known */
	unsigned depth;
	uint64_t before; /* bytes until this parser, less those of its root */
	uint64_t read;   /* bytes, those that are being parsed included */
	size_t piece;    /* how many these are */
	uint64_t worn;   /* where a new parser is to begin; 0: nowhere yet */
};

/* What the reading of a whole document needs: the texts of the elements that
 * are open, one behind the other. */
struct gathering {
	xml_element *element;
	void *of;
	unsigned depth;
	size_t begins[XML_DEPTH + 1]; /* where each element's text does */
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
	return xml->fault == XML_FINE && !xml->worn;
}

static void begin(void *of, const char *name, const char **attributes)
{
	struct xml *xml = of;
	const struct span root = span_of(name);

	if (!goes_on(xml))
		return;
	if (xml->depth++ == 0 && root.len < ROOT_MAX)
		memcpy(xml->root, root.at, root.len + 1);
	if (!xml->events->begin(xml->of, name, attributes))
		stop(xml, XML_STOPPED);
}

/* Whether a new parser is to read what comes next. What that is must be at
 * hand: expat may have kept it back before it told of this end. */
static bool is_worn(const struct xml *xml, uint64_t place)
{
	return xml->is_stream && xml->depth == 1 && *xml->root &&
	       place - xml->before > XML_WORN &&
	       xml->read - place <= xml->piece;
}

static void end(void *of, const char *name)
{
	struct xml *xml = of;
	uint64_t place;

	if (!goes_on(xml))
		return;
	xml->depth--;
	place = xml_place(xml) + xml_length(xml);
	if (!xml->events->end(xml->of, name)) {
		stop(xml, XML_STOPPED);
	} else if (is_worn(xml, place)) {
		xml->worn = place;
		XML_StopParser(xml->parser, XML_FALSE);
	}
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

static XML_Parser make_parser(void)
{
	static const XML_Memory_Handling_Suite memory = { take, forget_realloc,
		forget };

	return XML_ParserCreate_MM("UTF-8", &memory, NULL);
}

/* Makes the parser tell. */
static void equip(struct xml *xml)
{
	XML_SetUserData(xml->parser, xml);
	XML_SetElementHandler(xml->parser, begin, end);
	XML_SetCharacterDataHandler(xml->parser, text);
	XML_SetStartDoctypeDeclHandler(xml->parser, document_type);
	if (xml->is_stream)
		XML_SetProcessingInstructionHandler(xml->parser, instruction);
	/* The bound above is what it would be for. */
	if (XML_SetReparseDeferralEnabled)
		XML_SetReparseDeferralEnabled(xml->parser, XML_FALSE);
}

static struct xml *open_for(
    const struct xml_events *events, void *of, bool is_stream)
{
	struct xml *xml = calloc(1, sizeof *xml);

	if (!xml)
		return NULL;
	xml->parser = make_parser();
	if (!xml->parser) {
		free(xml);
		return NULL;
	}
	xml->untold_max = XML_UNTOLD;
	xml->events = events;
	xml->of = of;
	xml->is_stream = is_stream;
	equip(xml);
	return xml;
}

struct xml *xml_open_stream(
    const struct xml_events *events, void *of, size_t untold)
{
	struct xml *xml = open_for(events, of, true);

	if (xml)
		xml->untold_max = untold;
	return xml;
}

static enum xml_fault fault_of(const struct xml *xml)
{
	return XML_GetErrorCode(xml->parser) == XML_ERROR_NO_MEMORY
		   ? XML_OUT_OF_MEMORY
		   : XML_BROKEN;
}

/* False: no memory. */
static bool renew(struct xml *xml)
{
	char memory[ROOT_MAX + 2];
	struct buf root = buf_of(memory, sizeof memory);
	XML_Parser parser = make_parser();

	if (!parser)
		return false;
	XML_ParserFree(xml->parser);
	xml->parser = parser;
	buf_char(&root, '<');
	buf_text(&root, xml->root);
	buf_char(&root, '>');
	/* Of this it tells nothing yet. */
	if (XML_Parse(parser, root.at, (int)root.len, false) != XML_STATUS_OK)
		return false;
	equip(xml);
	xml->before = xml->worn - root.len;
	xml->worn = 0;
	return true;
}

/* A parser that is worn has left some of the bytes, which are too few to wear
 * out the next one. */
static bool give(struct xml *xml, struct span bytes, bool last)
{
	xml->read += bytes.len;
	xml->piece = bytes.len;
	if (XML_Parse(xml->parser, bytes.at, (int)bytes.len, last) ==
	    XML_STATUS_OK)
		return true;
	if (!xml->worn)
		return false;
	bytes = span_from(bytes, bytes.len - (size_t)(xml->read - xml->worn));
	if (renew(xml))
		return XML_Parse(xml->parser, bytes.at, (int)bytes.len, last) ==
		       XML_STATUS_OK;
	xml->fault = XML_OUT_OF_MEMORY;
	return false;
}

static bool parse(struct xml *xml, struct span bytes, bool last)
{
	xml->untold += bytes.len;
	if (xml->fault != XML_FINE)
		return false;
	if (!give(xml, bytes, last)) {
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
	return xml->before + (uint64_t)XML_GetCurrentByteIndex(xml->parser);
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

/* The own text of the innermost element, as far as it is there. */
static struct span gathered(const struct gathering *gathering)
{
	return span_from(
	    buf_span(&gathering->text), gathering->begins[gathering->depth]);
}

static void drop_gathered(struct gathering *gathering)
{
	gathering->text.len = gathering->begins[gathering->depth];
	gathering->text.at[gathering->text.len] = '\0';
}

static bool gather_begin(void *of, const char *name, const char **attributes)
{
	struct gathering *gathering = of;

	(void)name;
	(void)attributes;
	if (gathering->depth == XML_DEPTH)
		return false;
	/* Else a listing's indentation would not have room. */
	if (!span_trim(gathered(gathering), " \t\r\n").len)
		drop_gathered(gathering);
	gathering->begins[++gathering->depth] = gathering->text.len;
	return true;
}

static bool gather_end(void *of, const char *name)
{
	struct gathering *gathering = of;

	if (!gathering->element(gathering->of, gathering->depth, span_of(name),
		gathered(gathering)))
		return false;
	drop_gathered(gathering);
	gathering->depth--;
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
	struct xml *xml =
	    gathering ? open_for(&events, gathering, false) : NULL;

	if (!xml) {
		free(gathering);
		return NULL;
	}
	xml->gathering = gathering;
	gathering->element = element;
	gathering->of = of;
	gathering->depth = 0;
	gathering->begins[0] = 0;
	buf_init(&gathering->text, gathering->memory, sizeof gathering->memory);
	return xml;
}
