#ifndef XMPP_STREAM_H
#define XMPP_STREAM_H

#include "xmpp/stanza.h"

/*
 * A stream of XEP-0114 (jabber:component:accept) from the component's side,
 * without its socket: bytes that came go in, bytes to send come out, and each
 * stanza is given to a function. It has no clock: who owns it waits. One thread
 * uses it.
 *
 * No stanza that a user can send ends it (see xmpp/stanza.h). These do, with
 * their stream error, because only the server can cause them: more than
 * STREAM_STANZA_MAX bytes in a stanza, a tag over STREAM_TAG_MAX, more than
 * STREAM_DEPTH elements in each other, a document type, a processing
 * instruction, broken XML, and a header in another namespace.
 */
#define STREAM_STANZA_MAX (10u << 20)
/* More than a server's bound for its users' stanzas, 512 KiB mostly. */
#define STREAM_TAG_MAX ((size_t)1 << 20)
#define STREAM_DEPTH 10000u
#define STREAM_OUT_MAX ((size_t)8 << 20) /* bytes that wait to be sent */

#define STREAM_ACCEPT "jabber:component:accept"
#define STREAM_STREAMS "http://etherx.jabber.org/streams"
#define STREAM_ERRORS "urn:ietf:params:xml:ns:xmpp-streams"

enum stream_state {
	STREAM_BEGUN,  /* our header is to be sent, the server's has not come */
	STREAM_HEADED, /* it has: stream_handshake is to follow */
	STREAM_SHAKEN, /* the handshake is to be sent, the server's not there */
	STREAM_OPEN,   /* stanzas come and go */
	STREAM_ENDED,
};

/* Why a stream has ended. */
enum stream_end {
	STREAM_GOES_ON,
	STREAM_CLOSED,   /* by </stream:stream> of the server */
	STREAM_REFUSED,  /* by a stream error of the server's */
	STREAM_FAULTY,   /* by ours, for what the server sent */
	STREAM_OVERFULL, /* the server does not read, or there is no memory */
};

/* Called for each stanza, which lives until it returns. */
typedef void stream_take(void *of, const struct stanza *stanza);

struct stream;

/* Begins a stream to this domain. NULL: no memory. */
struct stream *stream_open(struct span jid, stream_take *take, void *of);
/* NULL is allowed. */
void stream_close(struct stream *stream);

/* Reads bytes of the server's. False: the stream has ended. */
bool stream_feed(struct stream *stream, struct span bytes);
/* In STREAM_HEADED: sends the handshake. */
void stream_handshake(struct stream *stream, struct span secret);
/* Sends </stream:stream>; no stanza is taken or sent any more. */
void stream_finish(struct stream *stream);

enum stream_state stream_state(const struct stream *stream);
/* Why it has ended. ret_condition: the name of the stream error, ours or the
 * server's; "" for the others. */
enum stream_end stream_end(
    const struct stream *stream, const char **ret_condition);
/* Whether the handshake had been sent when it ended. */
bool stream_shaken(const struct stream *stream);

/* --- sending --------------------------------------------------------------*/

/* Appends a stanza. When the buffer is full, the function is called again with
 * a larger one; beyond STREAM_OUT_MAX the stream ends. */
typedef void stream_write(struct buf *out, const void *of);
void stream_send(struct stream *stream, stream_write *write, const void *of);

/* The bytes to be sent, until the next call; and how many of them were. */
struct span stream_out(const struct stream *stream);
void stream_sent(struct stream *stream, size_t len);

#endif
