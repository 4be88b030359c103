#include "xmpp/component.h"

#include "xmpp/disco.h"
#include "service/clock.h"
#include "xmpp/upload.h"

/* Of an IQ: a request that waits is kept with it. */
#define ID_MAX 1024

const struct conf_component *component_find(
    const struct conf *conf, struct span domain)
{
	for (size_t i = 0; i < conf->component_count; i++)
		if (span_equal(conf->components[i].caller.id, domain))
			return &conf->components[i];
	return NULL;
}

bool component_feed(struct component *component, struct span bytes)
{
	const struct component_house *house = component->house;
	bool goes_on;

	component->service = house->service(house->argument);
	component->conf =
	    component_find(component->service->conf, component->domain);
	goes_on = stream_feed(component->stream, bytes);
	service_release(component->service);
	return goes_on;
}

/* --- addresses ------------------------------------------------------------*/

/* Whether an address is of our domain; *ret_bare: it is the domain alone. */
static bool is_ours(
    const struct component *component, struct span to, bool *ret_bare)
{
	char memory[JID_PART_MAX + 1];
	struct buf domain = buf_of(memory, sizeof memory);
	struct span rest = to, part = span_cut(&rest, '/');
	size_t at = span_find(part, '@');
	const char *wrong;

	*ret_bare = !rest.at && at == part.len;
	if (at < part.len)
		part = span_from(part, at + 1);
	return jid_domain(part, &domain, &wrong) &&
	       span_equal(buf_span(&domain), component->domain);
}

/* An answer in another's name would end the stream. False: there is nobody to
 * answer, or nobody to answer as. */
static bool address(const struct component *component,
    const struct stanza *stanza, struct answer *ret_answer)
{
	struct span to = stanza_attribute(&stanza->top, "to");
	bool bare = true;

	if (to.at && !is_ours(component, to, &bare))
		return false;
	ret_answer->from = bare ? component->conf->jid : to;
	ret_answer->to = stanza_attribute(&stanza->top, "from");
	ret_answer->id = stanza_attribute(&stanza->top, "id");
	return ret_answer->to.len > 0;
}

/* --- questions ------------------------------------------------------------*/

static void refuse(const struct component *component, enum metrics_stanza kind,
    const struct answer *answer, const struct stanza *stanza, const char *type,
    const char *condition, const char *text)
{
	const struct answer_error error = {
		.answer = *answer,
		.element = stanza->payload_count == 1 ? &stanza->payload : NULL,
		.type = type,
		.condition = condition,
		.text = span_of(text),
	};

	stream_send(component->stream, answer_error, &error);
	metrics_stanza(component->numbers, kind, METRICS_ERROR);
}

/* The policies for the domain of who asks, as far as that can be told. */
static const struct policies *policies_of(
    const struct component *component, struct span jid_text)
{
	struct refusal why;
	struct jid jid;

	return service_issuer(component->service,
	    jid_read(jid_text, &jid, &why) == FAILURE_NONE ? jid.domain
							   : SPAN_EMPTY)
	    ->policies;
}

/* Questions that anybody may ask. */
static bool answer_query(const struct component *component,
    const struct answer *answer, const struct stanza *stanza)
{
	static const struct {
		const char *space;
		const char *name;
		enum metrics_stanza kind;
		stream_write *write;
	} queries[] = {
		{ DISCO_INFO, "query", METRICS_DISCO, disco_info },
		{ DISCO_ITEMS, "query", METRICS_DISCO, disco_items },
		{ DISCO_PING, "ping", METRICS_PING, disco_ping },
		{ DISCO_VERSION, "query", METRICS_VERSION, disco_version },
	};
	struct disco disco = {
		.answer = *answer,
		.name = component->conf->name,
	};

	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		if (!stanza_is(
			&stanza->payload, queries[i].space, queries[i].name))
			continue;
		disco.policies = policies_of(component, answer->to);
		if (stanza_attribute(&stanza->payload, "node").at) {
			refuse(component, queries[i].kind, answer, stanza,
			    "cancel", "item-not-found",
			    "there is no such node");
			return true;
		}
		stream_send(component->stream, queries[i].write, &disco);
		metrics_stanza(
		    component->numbers, queries[i].kind, METRICS_RESULT);
		return true;
	}
	return false;
}

static void answer_get(struct component *component, const struct answer *answer,
    const struct stanza *stanza)
{
	struct upload upload;

	if (stanza_is(&stanza->payload, DISCO_UPLOAD, "request") ||
	    stanza_is(&stanza->payload, DISCO_UPLOAD_OLD, "request")) {
		upload_read(answer, stanza, clock_micros(), &upload);
		upload_take(component, &upload);
	} else if (!answer_query(component, answer, stanza)) {
		refuse(component, METRICS_OTHER, answer, stanza, "cancel",
		    "service-unavailable", "this service only takes files");
	}
}

void component_take(void *of, const struct stanza *stanza)
{
	struct component *component = of;
	struct span type = stanza_attribute(&stanza->top, "type");
	struct answer answer;

	if (!component->conf || !span_is(stanza->top.name, "iq") ||
	    span_is(type, "result") || span_is(type, "error") ||
	    !address(component, stanza, &answer)) {
		metrics_stanza(
		    component->numbers, METRICS_OTHER, METRICS_NO_ANSWER);
		return;
	}
	if (stanza->skipped)
		refuse(component, METRICS_OTHER, &answer, stanza, "modify",
		    "policy-violation",
		    "the request is longer than 64 KiB, or too deep");
	else if (stanza->payload_count != 1 || !answer.id.len ||
		 answer.id.len > ID_MAX)
		refuse(component, METRICS_OTHER, &answer, stanza, "modify",
		    "bad-request",
		    "a request has an id, of at most 1024 bytes, and one "
		    "element");
	else if (span_is(type, "get"))
		answer_get(component, &answer, stanza);
	else if (span_is(type, "set"))
		refuse(component, METRICS_OTHER, &answer, stanza, "cancel",
		    "service-unavailable", "there is nothing to be set here");
	else
		refuse(component, METRICS_OTHER, &answer, stanza, "modify",
		    "bad-request", "a request is of type get or set");
}
