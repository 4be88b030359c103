#include "xmpp/session.h"

#include "service/clock.h"
#include "xmpp/disco.h"
#include "xmpp/markup.h"
#include "xmpp/wire.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* So much is read at once, and no more while so much waits to be sent. */
#define PIECE 4096
#define OUT_HIGH (256u << 10)
/* After our end of the stream. */
#define LAST_SECONDS 1

struct service *session_service(const struct session *session)
{
	const struct component_house *house = session->component.house;

	return house->service(house->argument);
}

/* --- the log --------------------------------------------------------------*/

void session_say(const struct session *session, enum conf_log_level level,
    const char *state, const char *reason)
{
	struct service *service = session_service(session);
	char memory[DIAL_HOST_MAX + 16];
	struct buf server = buf_of(memory, sizeof memory);
	struct log_line line;

	dial_name(&session->dial, &server);
	log_begin(&line, &service->log, level, "component");
	log_span(&line, "component", session->component.domain);
	log_text(&line, "state", state);
	log_span(&line, "server", buf_span(&server));
	if (reason && *reason)
		log_text(&line, "reason", reason);
	log_end(&line);
	service_release(service);
}

/* What a stream error of the server's means; NULL: its name says it. */
static const char *meaning(const struct stream *stream, struct span error)
{
	if (span_is(error, "conflict"))
		return stream_shaken(stream)
			   ? "another program is connected with this jid"
			   : "the server has a host with this name";
	if (!stream_shaken(stream) || span_is(error, "host-unknown"))
		return "the server has no component with this jid";
	return span_is(error, "not-authorized") ? "wrong secret" : NULL;
}

static void reason_of(const struct stream *stream, struct buf *out)
{
	const char *condition = "", *means = NULL;

	switch (stream_end(stream, &condition)) {
	case STREAM_REFUSED:
		means = meaning(stream, span_of(condition));
		break;
	case STREAM_FAULTY:
		means = strcmp(condition, "invalid-namespace") == 0
			    ? "this port is not for components"
			    : "the server sent what is no stream";
		break;
	case STREAM_OVERFULL:
		means = "the server does not read, or out of memory";
		break;
	case STREAM_CLOSED:
	case STREAM_GOES_ON:
		means = "closed by the server";
		break;
	}
	buf_text(out, condition);
	buf_text(out, *condition && means ? ": " : "");
	buf_text(out, means ? means : "");
}

void session_reason(const struct session *session, struct buf *out)
{
	if (session->why)
		buf_text(out, session->why);
	else if (session->component.stream)
		reason_of(session->component.stream, out);
	else
		buf_text(out, "the service is stopping");
}

/* --- waiting --------------------------------------------------------------*/

void session_clear_wake(struct session *session)
{
	uint64_t count;

	while (read(session->wake, &count, sizeof count) < 0 && errno == EINTR)
		;
}

/* --- bytes ----------------------------------------------------------------*/

/* Sends what can be sent, as wire_send. */
static ssize_t flush(struct session *session)
{
	ssize_t sent =
	    wire_send(session->fd, session->component.stream, &session->why);

	if (sent > 0)
		pace_sent(&session->pace, clock_micros());
	return sent;
}

/* False: the connection is gone. */
static bool receive(struct session *session)
{
	ssize_t len = wire_receive(
	    session->fd, session->in, sizeof session->in, &session->why);

	if (len > 0) {
		session->in_len = (size_t)len;
		pace_heard(&session->pace, clock_micros());
	}
	return len >= 0;
}

static void write_span(struct buf *out, const void *of)
{
	buf_add(out, *(const struct span *)of);
}

static void send_span(void *of, struct span text)
{
	stream_send(of, write_span, &text);
}

/* To ourselves: it comes back, however little the server can do. */
static void write_ping(struct buf *out, const void *of)
{
	const struct session *session = of;

	buf_text(out, "<iq type='get' id='slotd-ping'");
	markup_attribute(out, "from", span_of(session->jid));
	markup_attribute(out, "to", span_of(session->jid));
	buf_text(out, "><ping xmlns='" DISCO_PING "'/></iq>");
}

/* --- a stream -------------------------------------------------------------*/

static void shake(struct session *session)
{
	struct component *component = &session->component;
	struct service *service = session_service(session);
	const struct conf_component *conf =
	    component_find(service->conf, component->domain);

	if (conf)
		stream_handshake(component->stream, conf->secret);
	service_release(service);
}

/* Reads a part of what was received. False: the stream has ended. */
static bool work(struct session *session)
{
	struct component *component = &session->component;
	struct stream *stream = component->stream;
	const bool was_open = stream_state(stream) == STREAM_OPEN;
	size_t len = session->in_len < PIECE ? session->in_len : PIECE;
	bool goes_on;

	goes_on = component_feed(component, (struct span){ session->in, len });
	session->in_len -= len;
	memmove(session->in, session->in + len, session->in_len);
	if (!goes_on)
		return false;
	if (stream_state(stream) == STREAM_HEADED && !session->in_len &&
	    wire_is_quiet(session->fd, session->wake))
		shake(session);
	if (!was_open && stream_state(stream) == STREAM_OPEN) {
		session->opened = clock_micros();
		session_say(session, CONF_LOG_INFO, "connected", NULL);
		metrics_connect(component->numbers, METRICS_CONNECTED);
		metrics_up(component->numbers, true);
	}
	return true;
}

/* Sends what waited and is done, but no more than the server reads: a thousand
 * answers that are long would not fit. False: there is none to be sent. */
static bool send_answers(struct session *session)
{
	struct stream *stream = session->component.stream;
	bool any = false;

	while (stream_out(stream).len < OUT_HIGH &&
	       pending_take(session->component.pending, send_span, stream))
		any = true;
	return any;
}

/* Does what there is to do, or waits for it until `until`. reads: the server is
 * read. False: the connection is over. */
static bool step(struct session *session, bool reads, int64_t until)
{
	struct stream *stream = session->component.stream;
	struct pollfd polled[] = { { session->wake, POLLIN, 0 },
		{ session->fd, 0, 0 } };
	const ssize_t sent = flush(session);

	if (sent < 0 || stream_state(stream) == STREAM_ENDED)
		return false;
	/* Maybe this was all that is waited for. */
	if (send_answers(session) || sent > 0)
		return true;
	if (stream_out(stream).len)
		polled[1].events |= POLLOUT;
	if (stream_out(stream).len < OUT_HIGH) {
		if (session->in_len)
			return work(session);
		if (reads)
			polled[1].events |= POLLIN;
	}
	poll(polled, 2, clock_left(until));
	if (polled[0].revents)
		session_clear_wake(session);
	if (reads && (polled[1].revents & (POLLIN | POLLHUP | POLLERR)) &&
	    !session->in_len)
		return receive(session);
	return reads || !(polled[1].revents & (POLLHUP | POLLERR));
}

/* Signs of life. False: the server gives none. */
static bool keep_alive(struct session *session, int64_t *ret_next)
{
	struct stream *stream = session->component.stream;

	switch (pace_due(&session->pace, clock_micros(), ret_next)) {
	case PACE_SEND_BLANK:
		send_span(stream, span_of(" "));
		/* If it cannot be sent, something waits to be sent already. */
		pace_sent(&session->pace, clock_micros());
		*ret_next = clock_micros();
		break;
	case PACE_SEND_PING:
		stream_send(stream, write_ping, session);
		break;
	case PACE_END:
		session->why = "the server has not sent anything for long";
		return false;
	case PACE_NOTHING:
		break;
	}
	return true;
}

static bool is_configured(const struct session *session)
{
	struct service *service = session_service(session);
	const bool found =
	    component_find(service->conf, session->component.domain) != NULL;

	service_release(service);
	return found;
}

/* What a reload has not changed lets the stream go on. */
static bool is_same(struct session *session)
{
	const struct component *component = &session->component;
	struct service *service = session_service(session);
	const struct conf_component *conf =
	    component_find(service->conf, component->domain);
	struct dial dial;
	bool same = false;

	if (conf) {
		dial_init(&dial, conf);
		same = dial_equal(&dial, &session->dial) &&
		       span_is(conf->jid, session->jid);
	}
	service_release(service);
	return same;
}

/* Runs the stream until it is over, or until this side is to end it: true. */
static bool run_stream(struct session *session)
{
	const int64_t shaken = clock_after(WIRE_SHAKE);
	int64_t next = shaken;

	while (!atomic_load(&session->ending)) {
		if (session->opened) {
			if (!keep_alive(session, &next))
				return false;
		} else if (clock_micros() >= shaken) {
			session->why = "no handshake within 10 seconds";
			return true;
		}
		if (!step(session, true, next))
			return false;
		if (atomic_exchange(&session->renewed, false) &&
		    !is_same(session)) {
			session->why = "its settings have changed";
			return true;
		}
	}
	session->why = is_configured(session) ? "the service is stopping"
					      : "it is no longer configured";
	return true;
}

/* What still waits is not granted: nobody would get it. */
static void say_goodbye(struct session *session)
{
	pending_drop(session->component.pending);
	stream_finish(session->component.stream);
}

/* Answers what was read, and says goodbye. */
static void finish_stream(struct session *session)
{
	struct component *component = &session->component;
	struct service *service = session_service(session);
	int64_t until = clock_after(service->conf->limits.drain_timeout);
	bool alive = true;

	service_release(service);
	while (alive && clock_micros() < until &&
	       (pending_count(component->pending) || session->in_len ||
		   stream_out(component->stream).len))
		alive = step(session, false, until);
	say_goodbye(session);
	until = clock_after(LAST_SECONDS);
	while (alive && clock_micros() < until)
		alive = step(session, true, until);
}

/* The connection is over. The server may have said why before nothing could be
 * sent any more. */
static void read_rest(struct session *session)
{
	const int64_t until = clock_after(LAST_SECONDS);

	say_goodbye(session);
	flush(session);
	while (clock_micros() < until &&
	       (session->in_len ? work(session)
				: receive(session) && session->in_len))
		;
}

void session_run(struct session *session)
{
	struct component *component = &session->component;
	const char *why, *condition;
	bool goes_on;

	component->stream =
	    stream_open(span_of(session->jid), component_take, component);
	if (!component->stream) {
		session->why = "out of memory";
		return;
	}
	session->in_len = 0;
	pace_begin(&session->pace, clock_micros());
	goes_on = run_stream(session);
	why = session->why;
	if (goes_on)
		finish_stream(session);
	else
		read_rest(session);
	session->why = why;
	if (!goes_on &&
	    stream_end(component->stream, &condition) == STREAM_REFUSED)
		session->why = NULL;
	metrics_up(component->numbers, false);
}
