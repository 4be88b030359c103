#include "fuzz/reading.h"

#include "fuzz/expat.h"
#include "fuzz/fuzz.h"

/* As in net/xml.c. */
XML_Bool XML_SetReparseDeferralEnabled(XML_Parser parser, XML_Bool enabled)
    __attribute__((weak));

/* Between a namespace and a name; XML has no such character. */
#define SEPARATOR '\1'

struct reader {
	XML_Parser parser;
	struct reading *reading;
};

static void stop(struct reader *reader, enum reading_end end)
{
	if (reader->reading->end != READING_GOES_ON)
		return;
	reader->reading->end = end;
	XML_StopParser(reader->parser, XML_FALSE);
}

static char *copy(const char *text)
{
	char *own = text ? strdup(text) : NULL;

	must(!text == !own);
	return own;
}

static char *attribute(const char **attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (strcmp(*attributes, name) == 0)
			return copy(attributes[1]);
	return NULL;
}

static const char *local(const char *name)
{
	const char *end = strchr(name, SEPARATOR);

	if (!end)
		end = strchr(name, ':');
	return end ? end + 1 : name;
}

/* Where the event ends that expat tells of. */
static size_t place(const struct reader *reader)
{
	return (size_t)XML_GetCurrentByteIndex(reader->parser) +
	       (size_t)XML_GetCurrentByteCount(reader->parser);
}

/* Counts what was read since the event before. */
static size_t tell(const struct reader *reader)
{
	struct reading *reading = reader->reading;
	const size_t end = place(reader);

	if (reading->end != READING_GOES_ON)
		return reading->told;
	if (end - reading->told > reading->longest)
		reading->longest = end - reading->told;
	reading->told = end;
	return end;
}

static void add(
    const struct reader *reader, const char *name, const char **attributes)
{
	struct reading *reading = reader->reading;

	if (reading->count == reading->room) {
		reading->room = reading->room ? 2 * reading->room : 16;
		reading->said = realloc(
		    reading->said, reading->room * sizeof *reading->said);
		must(reading->said);
	}
	reading->said[reading->count++] = (struct said){
		.name = copy(local(name)),
		.type = attribute(attributes, "type"),
		.id = attribute(attributes, "id"),
		.from = attribute(attributes, "from"),
		.to = attribute(attributes, "to"),
		.tag = (size_t)XML_GetCurrentByteCount(reader->parser),
		.start = (size_t)XML_GetCurrentByteIndex(reader->parser),
	};
}

static void begin(void *of, const char *name, const char **attributes)
{
	struct reader *reader = of;
	struct reading *reading = reader->reading;

	struct said *last;

	tell(reader);
	if (reading->end != READING_GOES_ON)
		return;
	if (++reading->depth > reading->deepest)
		reading->deepest = reading->depth;
	if (reading->depth == 2)
		add(reader, name, attributes);
	if (reading->depth < 2)
		return;
	last = &reading->said[reading->count - 1];
	if (reading->depth - 1 > last->deepest)
		last->deepest = reading->depth - 1;
	if (reading->depth == 4 && strcmp(local(name), "policy-violation") == 0)
		last->violation = true;
}

static void end(void *of, const char *name)
{
	struct reader *reader = of;
	struct reading *reading = reader->reading;

	const size_t at = tell(reader);
	struct said *last;

	(void)name;
	if (reading->end != READING_GOES_ON)
		return;
	if (--reading->depth == 1) {
		last = &reading->said[reading->count - 1];
		last->whole = true;
		last->len = at - last->start;
	}
	if (!reading->depth)
		stop(reader, READING_CLOSED);
}

static void text(void *of, const char *bytes, int len)
{
	struct reader *reader = of;

	(void)bytes;
	(void)len;
	/* It comes in pieces that depend on those that were read. */
	if (reader->reading->end == READING_GOES_ON)
		reader->reading->told = place(reader);
}

static void document_type(void *of, const char *name, const char *system,
    const char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	stop(of, READING_RESTRICTED);
}

static void instruction(void *of, const char *target, const char *data)
{
	(void)target;
	(void)data;
	stop(of, READING_RESTRICTED);
}

void reading_of(struct span bytes, bool namespaces, struct reading *ret)
{
	struct reader reader = { .reading = ret };

	*ret = (struct reading){ 0 };
	reader.parser = namespaces ? XML_ParserCreateNS("UTF-8", SEPARATOR)
				   : XML_ParserCreate("UTF-8");
	must(reader.parser);
	XML_SetUserData(reader.parser, &reader);
	XML_SetElementHandler(reader.parser, begin, end);
	XML_SetCharacterDataHandler(reader.parser, text);
	XML_SetStartDoctypeDeclHandler(reader.parser, document_type);
	XML_SetProcessingInstructionHandler(reader.parser, instruction);
	if (XML_SetReparseDeferralEnabled)
		XML_SetReparseDeferralEnabled(reader.parser, XML_FALSE);
	if (XML_Parse(reader.parser, bytes.at, (int)bytes.len, 0) !=
		XML_STATUS_OK &&
	    ret->end == READING_GOES_ON)
		ret->end = READING_BROKEN;
	if (ret->end == READING_GOES_ON && bytes.len - ret->told > ret->longest)
		ret->longest = bytes.len - ret->told;
	XML_ParserFree(reader.parser);
}

void reading_free(struct reading *reading)
{
	for (size_t i = 0; i < reading->count; i++) {
		free(reading->said[i].name);
		free(reading->said[i].type);
		free(reading->said[i].id);
		free(reading->said[i].from);
		free(reading->said[i].to);
	}
	free(reading->said);
}
