#include "endpoint/json.h"

#include "core/quote.h"
#include "core/stamp.h"
#include "endpoint/json_memory.h"
#include "endpoint/json_plain.h"
#include "endpoint/json_read.h"

#include <stdio.h>
#include <stdlib.h>

static bool wrong(struct json_slot *slot, const char *sentence)
{
	snprintf(slot->wrong, sizeof slot->wrong, "%s", sentence);
	return false;
}

static const char *syntax_sentence(json_error_t *error)
{
	switch (json_error_code(error)) {
	case json_error_duplicate_key:
		return "a member appears twice in an object";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "a string contains a NUL character";
	case json_error_invalid_utf8:
		return "invalid UTF-8";
	case json_error_numeric_overflow:
		return "a number is beyond 64 bits";
	case json_error_end_of_input_expected:
		return "there is text after the object";
	case json_error_premature_end_of_input:
		return "the document ends too early";
	default:
		return "not valid JSON";
	}
}

static bool wrong_syntax(struct json_slot *slot, json_error_t *error)
{
	snprintf(slot->wrong, sizeof slot->wrong,
	    "body: %s (line %d, column %d)", syntax_sentence(error),
	    error->line, error->column);
	return false;
}

static bool read_size(struct json_slot *slot, json_t *root)
{
	json_t *size = json_object_get(root, "size");

	if (!size)
		return wrong(slot, "size: missing");
	if (!json_is_integer(size))
		return wrong(slot, "size: must be an integer");
	if (json_integer_value(size) < 0)
		return wrong(slot, "size: must not be negative");
	slot->size = (uint64_t)json_integer_value(size);
	return true;
}

static bool read_purpose(struct json_slot *slot, json_t *root)
{
	struct span purpose = { NULL, 0 }, before = { NULL, 0 };

	if (!json_read_text(root, "purpose", &purpose) ||
	    (purpose.at && !purpose_read(purpose, &slot->purpose)))
		return wrong(slot, "purpose: must be \"message\", \"profile\", "
				   "\"ephemeral\" or \"permanent\"");
	if (slot->purpose != PURPOSE_EPHEMERAL)
		return true;
	if (!json_read_text(root, "expire_before", &before) || !before.at ||
	    !stamp_read(before, &slot->expire_before))
		return wrong(slot, "expire_before: an ephemeral slot needs a "
				   "time such as \"2026-12-01T12:00:00Z\"");
	return true;
}

static bool read_members(struct json_slot *slot, json_t *root)
{
	if (!json_read_text(root, "jid", &slot->jid))
		return wrong(slot, "jid: must be a string");
	if (!slot->jid.at)
		return wrong(slot, "jid: missing");
	if (!json_read_text(root, "filename", &slot->filename))
		return wrong(slot, "filename: must be a string");
	if (!slot->filename.at)
		return wrong(slot, "filename: missing");
	if (!read_size(slot, root))
		return false;
	if (!json_read_hint(root, "content_type", &slot->type))
		return wrong(slot, "content_type: must be a string");
	return read_purpose(slot, root);
}

static bool read_slot(
    struct json_slot *slot, struct span body, json_t *root, json_error_t *error)
{
	if (!body.len)
		return wrong(slot, "body: missing");
	if (json_has_nul(body))
		return wrong(slot, "body: a NUL byte is not allowed in JSON");
	if (!root)
		return wrong_syntax(slot, error);
	if (!json_is_object(root))
		return wrong(slot, "body: must be a JSON object");
	return read_members(slot, root);
}

static bool read_plain(struct json_slot *slot, struct span body)
{
	struct json_plain plain;

	if (!json_plain_read(body, &plain))
		return false;
	slot->jid = plain.jid;
	slot->filename = plain.filename;
	slot->type = plain.type;
	slot->size = plain.size;
	return true;
}

enum failure json_slot_read(struct json_slot *slot, struct span body)
{
	json_error_t error = { 0 };
	json_t *root;
	enum failure failure;

	slot->root = NULL;
	slot->jid = slot->filename = slot->type = (struct span){ NULL, 0 };
	slot->size = 0;
	slot->purpose = PURPOSE_MESSAGE;
	slot->expire_before = 0;
	slot->wrong[0] = '\0';
	slot->memory.used = 0;
	slot->memory.spilled = false;
	if (read_plain(slot, body))
		return FAILURE_NONE;
	json_memory_use(&slot->memory);
	failure = json_load_text(body, &error, &root);
	json_memory_use(NULL);
	slot->root = root;
	if (failure == FAILURE_UNAVAILABLE)
		return failure;
	return read_slot(slot, body, root, &error) ? FAILURE_NONE
						   : FAILURE_BAD_REQUEST;
}

void json_slot_done(struct json_slot *slot)
{
	/* Else the document is nowhere but in the arena. */
	if (slot->memory.spilled) {
		json_memory_use(&slot->memory);
		json_decref(slot->root);
		json_memory_use(NULL);
	}
	json_memory_drop(&slot->memory);
}

/* What the answer to POST /slot has beside its URLs and the media type. */
#define FRAME_MAX 192

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
	if (slot->until) {
		buf_text(&text, "\",\"file_expires\":\"");
		stamp_rfc3339(&text, slot->until);
	}
	buf_text(&text, "\"}");
	if (buf_ok(&text))
		return memory;
	free(memory);
	return NULL;
}
