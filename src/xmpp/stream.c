#include "xmpp/stream.h"

#include "core/hash.h"
#include "core/hex.h"
#include "net/xml.h"
#include "xmpp/markup.h"

#include <stdlib.h>
#include <string.h>

#define HEADER_MAX 4096
#define OUT_FIRST 16384

struct stream {
	struct xml *xml;
	stream_take *take;
	void *of;
	enum stream_state state;
	bool shaken;   /* the handshake was sent */
	bool finished; /* so was </stream:stream> */
	enum stream_end end;
	char condition[32];
	unsigned depth; /* 0: before the header, and behind its end */
	struct buf header;
	char header_memory[HEADER_MAX + 1];
	struct span id; /* of the stream, in header */
	struct buf out;
	size_t sent;
	struct stanza stanza;
};

/* --- sending --------------------------------------------------------------*/

static bool grow(struct stream *stream)
{
	size_t size = stream->out.size * 2;
	char *more;

	if (size > STREAM_OUT_MAX)
		return false;
	more = realloc(stream->out.at, size);
	if (!more)
		return false;
	stream->out.at = more;
	stream->out.size = size;
	return true;
}

/* Moves what is not sent yet to the front. */
static void tidy(struct stream *stream)
{
	struct buf *out = &stream->out;

	if (!stream->sent)
		return;
	memmove(out->at, out->at + stream->sent, out->len - stream->sent + 1);
	out->len -= stream->sent;
	stream->sent = 0;
}

static bool append(struct stream *stream, stream_write *write, const void *of)
{
	struct buf *out = &stream->out;
	size_t before;

	tidy(stream);
	before = out->len;
	while (true) {
		write(out, of);
		if (buf_ok(out))
			return true;
		out->full = false;
		out->len = before;
		out->at[before] = '\0';
		if (!grow(stream))
			return false;
	}
}

static void end_as(
    struct stream *stream, enum stream_end end, struct span condition)
{
	struct buf out = buf_of(stream->condition, sizeof stream->condition);

	if (stream->end != STREAM_GOES_ON)
		return;
	stream->state = STREAM_ENDED;
	stream->end = end;
	buf_add(&out, span_first(condition, sizeof stream->condition - 1));
}

void stream_send(struct stream *stream, stream_write *write, const void *of)
{
	if (stream->state == STREAM_ENDED || stream->finished)
		return;
	if (!append(stream, write, of))
		end_as(stream, STREAM_OVERFULL, SPAN_EMPTY);
}

struct span stream_out(const struct stream *stream)
{
	return span_from(buf_span(&stream->out), stream->sent);
}

void stream_sent(struct stream *stream, size_t len)
{
	stream->sent += len;
	if (stream->sent < stream->out.len)
		return;
	buf_reset(&stream->out);
	stream->sent = 0;
}

static void write_text(struct buf *out, const void *of)
{
	buf_text(out, of);
}

static void write_header(struct buf *out, const void *of)
{
	const struct span *jid = of;

	/* Without a version: jabberd2 would begin with SASL. */
	buf_text(out,
	    "<?xml version='1.0'?><stream:stream xmlns='" STREAM_ACCEPT
	    "' xmlns:stream='" STREAM_STREAMS "'");
	markup_attribute(out, "to", *jid);
	buf_char(out, '>');
}

static void write_handshake(struct buf *out, const void *of)
{
	buf_text(out, "<handshake>");
	hex_encode(out, of, HASH_SHA1_SIZE);
	buf_text(out, "</handshake>");
}

void stream_handshake(struct stream *stream, struct span secret)
{
	uint8_t digest[HASH_SHA1_SIZE];

	hash_sha1(stream->id, secret, digest);
	stream->state = STREAM_SHAKEN;
	stream->shaken = true;
	stream_send(stream, write_handshake, digest);
}

void stream_finish(struct stream *stream)
{
	if (stream->finished)
		return;
	stream_send(stream, write_text, "</stream:stream>");
	stream->finished = true;
}

static void write_error(struct buf *out, const void *of)
{
	buf_text(out, "<stream:error><");
	buf_text(out, of);
	buf_text(
	    out, " xmlns='" STREAM_ERRORS "'/></stream:error></stream:stream>");
}

/* What the server sent is no stream. Gives false. */
static bool refuse(struct stream *stream, const char *condition)
{
	stream_send(stream, write_error, condition);
	stream->finished = true;
	end_as(stream, STREAM_FAULTY, span_of(condition));
	return false;
}

/* --- reading --------------------------------------------------------------*/

static bool take_header(
    struct stream *stream, const char *name, const char **attributes)
{
	const struct stanza_element none = { 0 };
	struct stanza_element header = none;
	struct span prefix = span_of(name), local;
	char declaration[64];
	struct buf xmlns = buf_of(declaration, sizeof declaration);

	stanza_keep(&stream->header, attributes);
	if (!buf_ok(&stream->header))
		return refuse(stream, "policy-violation");
	header.attributes = buf_span(&stream->header);
	local = prefix;
	prefix = span_cut(&local, ':');
	buf_text(&xmlns, "xmlns:");
	buf_add(&xmlns, prefix);
	if (!local.at || !span_is(local, "stream") ||
	    !span_is(stanza_attribute(&header, declaration), STREAM_STREAMS) ||
	    !span_is(stanza_attribute(&header, "xmlns"), STREAM_ACCEPT))
		return refuse(stream, "invalid-namespace");
	stream->id = stanza_attribute(&header, "id");
	if (!stream->id.at)
		stream->id = SPAN_EMPTY;
	stream->state = STREAM_HEADED;
	return true;
}

/* Whether the stanza that is under way may go on. */
static bool is_bounded(struct stream *stream)
{
	if (xml_place(stream->xml) + xml_length(stream->xml) -
		stream->stanza.start <=
	    STREAM_STANZA_MAX)
		return true;
	return refuse(stream, "policy-violation");
}

static bool begin(void *of, const char *name, const char **attributes)
{
	struct stream *stream = of;

	if (stream->depth++ == 0)
		return take_header(stream, name, attributes);
	if (stream->depth > STREAM_DEPTH)
		return refuse(stream, "policy-violation");
	stanza_begin(&stream->stanza, buf_span(&stream->header), name,
	    attributes, xml_place(stream->xml), xml_length(stream->xml));
	return is_bounded(stream);
}

static bool text(void *of, struct span bytes)
{
	struct stream *stream = of;

	/* Blanks between stanzas keep the connection alive. */
	if (stream->depth < 2)
		return true;
	stanza_text(&stream->stanza, bytes, xml_place(stream->xml),
	    xml_length(stream->xml));
	return is_bounded(stream);
}

/* An element of the stream is whole. */
static bool take(struct stream *stream)
{
	const struct stanza *stanza = &stream->stanza;

	if (stanza_is(&stanza->top, STREAM_STREAMS, "error")) {
		end_as(stream, STREAM_REFUSED,
		    stanza->payload_count ? stanza->payload.name : SPAN_EMPTY);
		return false;
	}
	if (stream->state == STREAM_SHAKEN &&
	    span_is(stanza->top.name, "handshake"))
		stream->state = STREAM_OPEN;
	else if (stream->state == STREAM_OPEN && !stream->finished)
		stream->take(stream->of, stanza);
	return stream->state != STREAM_ENDED;
}

static bool end(void *of, const char *name)
{
	struct stream *stream = of;

	(void)name;
	if (--stream->depth == 0) {
		/* In kind. */
		stream_finish(stream);
		end_as(stream, STREAM_CLOSED, SPAN_EMPTY);
		return false;
	}
	stanza_end(
	    &stream->stanza, xml_place(stream->xml), xml_length(stream->xml));
	if (!is_bounded(stream))
		return false;
	return stream->stanza.depth || take(stream);
}

bool stream_feed(struct stream *stream, struct span bytes)
{
	if (stream->state == STREAM_ENDED)
		return false;
	if (xml_feed(stream->xml, bytes))
		return true;
	switch (xml_fault(stream->xml)) {
	case XML_BROKEN:
		return refuse(stream, "not-well-formed");
	case XML_RESTRICTED:
		return refuse(stream, "restricted-xml");
	case XML_TOO_LONG:
		return refuse(stream, "policy-violation");
	case XML_OUT_OF_MEMORY:
		end_as(stream, STREAM_OVERFULL, SPAN_EMPTY);
		return false;
	case XML_STOPPED:
	case XML_FINE:
		break;
	}
	return false;
}

/* --- its life -------------------------------------------------------------*/

struct stream *stream_open(struct span jid, stream_take *take_stanza, void *of)
{
	static const struct xml_events events = { begin, end, text };
	struct stream *stream = calloc(1, sizeof *stream);

	if (!stream)
		return NULL;
	stream->take = take_stanza;
	stream->of = of;
	buf_init(&stream->header, stream->header_memory,
	    sizeof stream->header_memory);
	stream->xml = xml_open_stream(&events, stream, STREAM_TAG_MAX);
	stream->out.at = malloc(OUT_FIRST);
	stream->out.size = OUT_FIRST;
	if (!stream->xml || !stream->out.at) {
		stream_close(stream);
		return NULL;
	}
	buf_reset(&stream->out);
	stream_send(stream, write_header, &jid);
	return stream;
}

void stream_close(struct stream *stream)
{
	if (!stream)
		return;
	xml_close(stream->xml);
	free(stream->out.at);
	free(stream);
}

enum stream_state stream_state(const struct stream *stream)
{
	return stream->state;
}

enum stream_end stream_end(
    const struct stream *stream, const char **ret_condition)
{
	*ret_condition = stream->condition;
	return stream->end;
}

bool stream_shaken(const struct stream *stream)
{
	return stream->shaken;
}
