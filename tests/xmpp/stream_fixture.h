#ifndef TESTS_XMPP_STREAM_FIXTURE_H
#define TESTS_XMPP_STREAM_FIXTURE_H

#include "expect.h"

#include "xmpp/stream.h"

#include <stdio.h>
#include <stdlib.h>

#define OUR_HEADER                                                             \
	"<?xml version='1.0'?><stream:stream "                                 \
	"xmlns='jabber:component:accept' "                                     \
	"xmlns:stream='http://etherx.jabber.org/streams' "                     \
	"to='upload.example.org'>"
#define HEADER                                                                 \
	"<?xml version='1.0'?><stream:stream "                                 \
	"xmlns:stream='http://etherx.jabber.org/streams' "                     \
	"xmlns='jabber:component:accept' from='upload.example.org' "           \
	"id='3BF96D32'>"
/* By sha1sum of 3BF96D32secret. */
#define HANDSHAKE                                                              \
	"<handshake>b09ea9b3b7f586be8a08d0a3dd7466f110aeb136</handshake>"
#define ERRORS "urn:ietf:params:xml:ns:xmpp-streams"

static inline bool feed(struct stream *stream, const char *text)
{
	return stream_feed(stream, span_of(text));
}

/* All that is to be sent, which counts as sent. */
static inline void expect_out_at(
    struct stream *stream, const char *want, const char *file, int line)
{
	expect_span_at(stream_out(stream), want, file, line);
	stream_sent(stream, stream_out(stream).len);
}

#define expect_out(stream, want) expect_out_at(stream, want, __FILE__, __LINE__)

/* A stream up to the server's answer to the handshake. */
static inline struct stream *open_stream(stream_take *take, void *of)
{
	struct stream *stream =
	    stream_open(span_of("upload.example.org"), take, of);

	assert_non_null(stream);
	expect_out(stream, OUR_HEADER);
	assert_true(feed(stream, HEADER));
	assert_int_equal(stream_state(stream), STREAM_HEADED);
	stream_handshake(stream, span_of("secret"));
	expect_out(stream, HANDSHAKE);
	assert_true(feed(stream, "<handshake/>"));
	assert_int_equal(stream_state(stream), STREAM_OPEN);
	return stream;
}

#endif
