/*
 * Apart from connection.c, because nothing of a service is here: no log, no
 * counters, no threads. Both use the same stream and the same way to the
 * server.
 */
#include "xmpp/visit.h"

#include "service/clock.h"
#include "slot/jid.h"
#include "xmpp/answer.h"
#include "xmpp/dial.h"
#include "xmpp/disco.h"
#include "xmpp/markup.h"
#include "xmpp/stream.h"
#include "xmpp/wire.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#define ITEMS_SECONDS 5
#define GOODBYE_SECONDS 1
#define QUESTION "slotd-doctor"
#define PIECE 4096

/* While it lasts. */
struct call {
	struct visit *visit;
	struct stream *stream;
	int fd;
};

static void keep(char *out, size_t size, struct span text)
{
	struct buf buf = buf_of(out, size);

	buf_add(&buf, span_first(text, size - 1));
}

/* --- stanzas --------------------------------------------------------------*/

static void write_question(struct buf *out, const void *of)
{
	const struct visit *visit = of;

	buf_text(out, "<iq type='get' id='" QUESTION "'");
	markup_attribute(out, "from", visit->conf->jid);
	markup_attribute(out, "to", visit->above);
	buf_text(out, "><query xmlns='" DISCO_ITEMS "'/></iq>");
}

static bool is_component(const struct visit *visit, struct span jid)
{
	char memory[JID_PART_MAX + 1];
	struct buf domain = buf_of(memory, sizeof memory);
	const char *wrong;

	return jid.at && jid_domain(jid, &domain, &wrong) &&
	       span_equal(buf_span(&domain), visit->conf->caller.id);
}

static enum visit_items look(
    const struct visit *visit, const struct stanza *stanza)
{
	const unsigned all = stanza->part_count;
	const unsigned count = all < STANZA_PARTS ? all : STANZA_PARTS;

	for (unsigned i = 0; i < count; i++)
		if (is_component(
			visit, stanza_attribute(&stanza->parts[i], "jid")))
			return VISIT_LISTED;
	return stanza->skipped || all > count ? VISIT_UNSURE : VISIT_UNLISTED;
}

/* An error that comes after the repeated question is not kept of the stanza:
 * it has no name then. */
static void take_answer(struct visit *visit, const struct stanza *stanza)
{
	struct span type = stanza_attribute(&stanza->top, "type");

	if (span_is(type, "result")) {
		visit->items = look(visit, stanza);
		return;
	}
	visit->items = VISIT_ITEMS_ERROR;
	if (span_is(stanza->payload.name, "error") && stanza->part_count)
		keep(visit->items_error, sizeof visit->items_error,
		    stanza->parts[0].name);
}

/* A user's request, which this stream got instead of the service. */
static void put_off(struct call *call, const struct stanza *stanza)
{
	const struct answer_error error = {
		.answer = {
			.id = stanza_attribute(&stanza->top, "id"),
			.from = stanza_attribute(&stanza->top, "to"),
			.to = stanza_attribute(&stanza->top, "from"),
		},
		.element = stanza->payload_count == 1 ? &stanza->payload : NULL,
		.type = "wait",
		.condition = "recipient-unavailable",
		.text = span_of("this service is being checked: ask again"),
	};

	if (error.answer.to.len && is_component(call->visit, error.answer.from))
		stream_send(call->stream, answer_error, &error);
}

static void take(void *of, const struct stanza *stanza)
{
	struct call *call = of;
	struct span type = stanza_attribute(&stanza->top, "type");
	struct span from = stanza_attribute(&stanza->top, "from");

	if (!span_is(stanza->top.name, "iq"))
		return;
	if (span_is(type, "get") || span_is(type, "set"))
		put_off(call, stanza);
	else if (span_is(stanza_attribute(&stanza->top, "id"), QUESTION) &&
		 span_find(from, '@') == from.len &&
		 call->visit->items == VISIT_NO_ANSWER)
		take_answer(call->visit, stanza);
}

/* --- bytes ----------------------------------------------------------------*/

/* Sends, and waits once. False: the stream or the connection is over. */
static bool step(struct call *call, int64_t until)
{
	struct visit *visit = call->visit;
	struct pollfd polled[] = { { call->fd, POLLIN, 0 },
		{ visit->stop, POLLIN, 0 } };
	char in[PIECE];
	ssize_t len;

	if (wire_send(call->fd, call->stream, &visit->why) < 0)
		return false;
	if (stream_out(call->stream).len)
		polled[0].events |= POLLOUT;
	poll(polled, 2, clock_left(until));
	if (polled[1].revents) {
		visit->end = VISIT_STOPPED;
		return false;
	}
	len = wire_receive(call->fd, in, sizeof in, &visit->why);
	return len >= 0 &&
	       stream_feed(call->stream, (struct span){ in, (size_t)len });
}

/* --- a visit --------------------------------------------------------------*/

static void tell_end(struct call *call)
{
	struct visit *visit = call->visit;
	const char *condition = "";

	switch (stream_end(call->stream, &condition)) {
	case STREAM_REFUSED:
		visit->end = VISIT_REFUSED;
		break;
	case STREAM_FAULTY:
		visit->end = VISIT_FOREIGN;
		break;
	case STREAM_CLOSED:
	case STREAM_OVERFULL:
	case STREAM_GOES_ON:
		visit->end = VISIT_CLOSED;
		break;
	}
	keep(visit->condition, sizeof visit->condition, span_of(condition));
	visit->shaken = stream_shaken(call->stream);
}

/* Header and handshake. False: the visit is over. */
static bool shake(struct call *call, int64_t until)
{
	struct visit *visit = call->visit;

	visit->end = VISIT_SILENT;
	while (clock_micros() < until) {
		if (!step(call, until)) {
			if (visit->end != VISIT_STOPPED)
				tell_end(call);
			return false;
		}
		if (stream_state(call->stream) == STREAM_HEADED &&
		    wire_is_quiet(call->fd, visit->stop))
			stream_handshake(call->stream, visit->conf->secret);
		if (stream_state(call->stream) == STREAM_OPEN) {
			visit->end = VISIT_OPENED;
			return true;
		}
	}
	return false;
}

/* False: the visit is over. */
static bool ask(struct call *call)
{
	struct visit *visit = call->visit;
	const int64_t until = clock_after(ITEMS_SECONDS);

	if (!visit->above.len)
		return true;
	visit->items = VISIT_NO_ANSWER;
	stream_send(call->stream, write_question, visit);
	while (visit->items == VISIT_NO_ANSWER && clock_micros() < until)
		if (!step(call, until)) {
			if (visit->end != VISIT_STOPPED)
				tell_end(call);
			return false;
		}
	return true;
}

static void say_goodbye(struct call *call)
{
	const int64_t until = clock_after(GOODBYE_SECONDS);

	stream_finish(call->stream);
	while (clock_micros() < until && step(call, until))
		;
}

static void run(struct visit *visit, int fd, int64_t until)
{
	struct call call = { .visit = visit, .fd = fd };

	call.stream = stream_open(visit->conf->jid, take, &call);
	if (!call.stream) {
		visit->why = "out of memory";
		return;
	}
	if (shake(&call, until) && ask(&call))
		say_goodbye(&call);
	else
		wire_send(call.fd, call.stream, &visit->why);
	stream_close(call.stream);
}

void visit_server(struct visit *visit)
{
	const int64_t until = clock_after(WIRE_SHAKE);
	struct addrinfo *addresses;
	struct dial dial;
	int fd;

	visit->end = VISIT_NO_NAME;
	visit->items = VISIT_NOT_ASKED;
	dial_init(&dial, visit->conf);
	addresses = dial_resolve(&dial, &visit->why);
	if (!addresses)
		return;
	visit->end = VISIT_NO_CONNECTION;
	fd = dial_connect(addresses, visit->stop, until, &visit->why);
	dial_free(addresses);
	if (fd < 0)
		return;
	run(visit, fd, until);
	close(fd);
}
