#include "xmpp/upload.h"

#include "core/stamp.h"
#include "xmpp/disco.h"
#include "xmpp/markup.h"

/* --- the request ----------------------------------------------------------*/

/* An attribute, or in the old namespace an element. */
static struct span given(const struct stanza *stanza, const char *name)
{
	if (span_is(stanza->payload.space, DISCO_UPLOAD))
		return stanza_attribute(&stanza->payload, name);
	for (unsigned i = 0; i < stanza->part_count; i++)
		if (stanza_is(&stanza->parts[i], DISCO_UPLOAD_OLD, name))
			return stanza->parts[i].text;
	return (struct span){ NULL, 0 };
}

/* NULL: it is a number. Any that has more than 64 bits is too large for
 * anybody. */
static const char *read_size(struct span text, uint64_t *ret_size)
{
	if (!text.at)
		return "size: missing";
	text = span_trim(text, " \t\r\n");
	if (!text.len || !span_only(text, &chars_digit))
		return "size: must be a number of bytes";
	if (!span_u64(text, ret_size))
		*ret_size = UINT64_MAX;
	return NULL;
}

static const char *read_purpose(
    const struct stanza *stanza, struct slot_request *request)
{
	const struct stanza_element *found = NULL;

	for (unsigned i = 0; i < stanza->part_count; i++) {
		if (!span_is(stanza->parts[i].space, DISCO_PURPOSE))
			continue;
		if (found)
			return "purpose: a file has only one";
		found = &stanza->parts[i];
	}
	if (!found)
		return NULL;
	if (!purpose_read(found->name, &request->purpose))
		return "purpose: there is no such purpose";
	if (request->purpose == PURPOSE_EPHEMERAL &&
	    !stamp_read(stanza_attribute(found, "expire-before"),
		&request->expire_before))
		return "expire-before: must be a time such as "
		       "2026-12-31T23:59:59Z";
	return NULL;
}

/* NULL, or what is wrong with it. */
static const char *read_request(
    const struct stanza *stanza, struct slot_request *request)
{
	const char *wrong;

	if (stanza->part_count > STANZA_PARTS)
		return "the request has too many elements";
	request->filename = given(stanza, "filename");
	request->type = given(stanza, "content-type");
	/* It is a hint. */
	if (!request->type.at || request->type.len > MEDIA_TYPE_MAX)
		request->type = SPAN_EMPTY;
	if (!request->filename.at) {
		request->filename = SPAN_EMPTY;
		return "filename: missing";
	}
	if (request->filename.len > UPLOAD_NAME_MAX)
		return "filename: it is too long";
	wrong = read_size(given(stanza, "size"), &request->size);
	return wrong ? wrong : read_purpose(stanza, request);
}

void upload_read(const struct answer *answer, const struct stanza *stanza,
    int64_t now, struct upload *ret_upload)
{
	*ret_upload = (struct upload){
		.answer = *answer,
		.element = stanza->payload,
		.started = now,
	};
	ret_upload->wrong = read_request(stanza, &ret_upload->request);
}

/* --- the answer -----------------------------------------------------------*/

/* Of the headers that XEP-0363 allows, no store has any. */
static void write_slot(
    struct buf *out, const struct upload *upload, const struct slot *slot)
{
	const struct span put = buf_span(&slot->put);
	const struct span get = buf_span(&slot->get);

	answer_begin(out, &upload->answer);
	buf_text(out, "<slot");
	markup_attribute(out, "xmlns", upload->element.space);
	buf_char(out, '>');
	if (span_is(upload->element.space, DISCO_UPLOAD_OLD)) {
		markup_element(out, "put", put);
		markup_element(out, "get", get);
	} else {
		buf_text(out, "<put");
		markup_attribute(out, "url", put);
		buf_text(out, "/><get");
		markup_attribute(out, "url", get);
		buf_text(out, "/>");
	}
	buf_text(out, "</slot>");
	answer_end(out);
}

void upload_write(struct buf *out, const void *of)
{
	const struct upload_outcome *outcome = of;
	const struct upload *upload = outcome->upload;
	const struct issuance *issuance = outcome->issuance;
	const struct failure_entry *entry = failure_entry(issuance->failure);
	char memory[2 * FAILURE_DETAIL_MAX];
	struct buf text = buf_of(memory, sizeof memory);
	struct answer_error error = {
		.answer = upload->answer,
		.element = &upload->element,
		.type = entry->type ? entry->type : "wait",
		.condition =
		    entry->condition ? entry->condition : "service-unavailable",
		.space = upload->element.space,
		.retry_at = issuance->why.retry_at,
	};

	if (issuance->failure == FAILURE_NONE) {
		write_slot(out, upload, &issuance->slot);
		return;
	}
	if (issuance->failure == FAILURE_FILE_TOO_LARGE)
		error.max_size = issuance->why.max_size;
	failure_write_detail(&text, issuance->failure, &issuance->why);
	error.text = buf_span(&text);
	answer_error(out, &error);
}
