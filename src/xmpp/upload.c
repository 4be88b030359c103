#include "xmpp/upload.h"

#include "core/stamp.h"
#include "service/clock.h"
#include "xmpp/disco.h"
#include "xmpp/markup.h"

/* A request for a slot, and what becomes of it. */
struct upload {
	struct answer answer;
	const struct stanza_element *element; /* the request */
	const struct slot *slot;
};

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
	if (!request->filename.at)
		return "filename: missing";
	if (!request->type.at)
		request->type = SPAN_EMPTY;
	wrong = read_size(given(stanza, "size"), &request->size);
	return wrong ? wrong : read_purpose(stanza, request);
}

/* --- the answer -----------------------------------------------------------*/

/* Of the headers that XEP-0363 allows, no store has any. */
static void write_slot(struct buf *out, const void *of)
{
	const struct upload *upload = of;
	const bool old = span_is(upload->element->space, DISCO_UPLOAD_OLD);
	const struct span put = buf_span(&upload->slot->put);
	const struct span get = buf_span(&upload->slot->get);

	answer_begin(out, &upload->answer);
	buf_text(out, "<slot");
	markup_attribute(out, "xmlns", upload->element->space);
	buf_char(out, '>');
	if (old) {
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

static void refuse(struct stream *stream, const struct upload *upload,
    enum failure failure, const struct refusal *why)
{
	const struct failure_entry *entry = failure_entry(failure);
	char memory[2 * FAILURE_DETAIL_MAX];
	struct buf text = buf_of(memory, sizeof memory);
	struct answer_error error = {
		.answer = upload->answer,
		.element = upload->element,
		.type = entry->type,
		.condition = entry->condition,
		.space = upload->element->space.at,
		.max_size =
		    failure == FAILURE_FILE_TOO_LARGE ? why->max_size : 0,
		.retry_at = why->retry_at,
	};

	failure_write_detail(&text, failure, why);
	error.text = buf_span(&text);
	stream_send(stream, answer_error, &error);
}

/* --- the log --------------------------------------------------------------*/

static void log_slot(const struct component *component,
    const struct issuance *issuance, const struct who *who, int64_t started)
{
	const enum failure failure = issuance->failure;
	struct log_line line;

	log_begin(&line, &component->service->log, CONF_LOG_INFO, "request");
	if (who->user[0])
		log_text(&line, "user", who->user);
	if (failure == FAILURE_NONE)
		log_text(&line, "slot", issuance->id);
	log_text(&line, "route", "component");
	log_span(&line, "caller", component->domain);
	if (who->domain[0])
		log_text(&line, "domain", who->domain);
	if (who->jid[0])
		log_text(&line, "jid", who->jid);
	log_u64(&line, "size", issuance->request.size);
	if (failure != FAILURE_NONE)
		log_text(&line, "code", failure_entry(failure)->code);
	log_text(&line, "reason", issuance->why.reason);
	log_u64(&line, "us", (uint64_t)(clock_micros() - started));
	log_end(&line);
}

void upload_take(struct component *component, const struct answer *answer,
    const struct stanza *stanza)
{
	const int64_t started = clock_micros();
	struct upload upload = { *answer, &stanza->payload, NULL };
	struct who who = { "", "", "" };
	struct issuance issuance;
	const char *wrong;

	issuance_init(&issuance);
	issuance.request.caller = &component->conf->caller;
	wrong = read_request(stanza, &issuance.request);
	issuance_begin(&issuance, answer->to);
	if (issuance.jid_failure == FAILURE_NONE)
		who_name(component->service, &issuance.jid, &who);
	if (wrong)
		issuance.failure =
		    failure_detail(FAILURE_BAD_REQUEST, wrong, &issuance.why);
	else
		issuance_run(component->service, &issuance);
	upload.slot = &issuance.slot;
	if (issuance.failure == FAILURE_NONE) {
		issuance_granted(component->service, component->house->metrics,
		    &issuance, &who);
		stream_send(component->stream, write_slot, &upload);
	} else {
		metrics_refusal(component->house->metrics, issuance.failure);
		refuse(component->stream, &upload, issuance.failure,
		    &issuance.why);
	}
	log_slot(component, &issuance, &who, started);
}
