#include "endpoint/json.h"

#include "core/quote.h"
#include "core/stamp.h"

#include <stdlib.h>

/* What the answer to POST /slot has beside its URLs and the media type. */
#define FRAME_MAX 128

/* Of what a slot has, only the parameters of a media type may have quotes and
 * backslashes: URLs are RFC 3986, and all of it is printable ASCII. */
static void add_headers(struct buf *out, struct span type)
{
	if (!type.len)
		return;
	buf_text(out, "\"Content-Type\":");
	quote_add(out, type);
}

char *json_slot_write(const struct slot *slot)
{
	size_t size =
	    slot->get.len + slot->put.len + 2 * slot->type.len + FRAME_MAX;
	char *memory = malloc(size);
	struct buf text;

	if (!memory)
		return NULL;
	buf_init(&text, memory, size);
	buf_text(&text, "{\"get\":\"");
	buf_add(&text, buf_span(&slot->get));
	buf_text(&text, "\",\"put\":\"");
	buf_add(&text, buf_span(&slot->put));
	buf_text(&text, "\",\"headers\":{");
	add_headers(&text, buf_span(&slot->type));
	buf_text(&text, "},\"expires\":\"");
	stamp_rfc3339(&text, slot->expires);
	buf_text(&text, "\"}");
	if (buf_ok(&text))
		return memory;
	free(memory);
	return NULL;
}
