#include "xmpp/stream_fixture.h"

/* What was taken, one line a stanza. */
struct seen {
	struct buf text;
	char memory[8192];
};

static void add(struct buf *out, struct span text)
{
	buf_char(out, ' ');
	if (text.at)
		buf_add(out, text);
	else
		buf_char(out, '-');
}

static void take(void *of, const struct stanza *stanza)
{
	struct seen *seen = of;
	struct buf *out = &seen->text;

	buf_add(out, stanza->top.name);
	add(out, stanza_attribute(&stanza->top, "id"));
	if (stanza->skipped)
		buf_text(out, " skipped");
	for (unsigned i = 0; i < stanza->payload_count && i < 1; i++) {
		buf_text(out, " {");
		buf_add(out, stanza->payload.space);
		buf_char(out, '}');
		buf_add(out, stanza->payload.name);
	}
	for (unsigned i = 0; i < stanza->part_count && i < STANZA_PARTS; i++) {
		buf_text(out, " [{");
		buf_add(out, stanza->parts[i].space);
		buf_char(out, '}');
		buf_add(out, stanza->parts[i].name);
		buf_char(out, '=');
		buf_add(out, stanza->parts[i].text);
		buf_char(out, ']');
	}
	buf_char(out, '\n');
}

static struct stream *begin(struct seen *seen)
{
	buf_init(&seen->text, seen->memory, sizeof seen->memory);
	return open_stream(take, seen);
}

static void expect_seen(struct seen *seen, const char *want)
{
	expect_buf(&seen->text, want);
	buf_reset(&seen->text);
}

static void stanzas_come_whole(void **state)
{
	static const char text[] =
	    " <iq id='1' type='get'><a xmlns='urn:a'><b>x &amp; y</b>"
	    "<c xmlns='urn:c'/>z</a></iq>\n"
	    "<message id='2'><body><![CDATA[<iq/>]]></body></message>"
	    "<presence/>";
	static const char want[] =
	    "iq 1 {urn:a}a [{urn:a}b=x & y] [{urn:c}c=]\n"
	    "message 2 {jabber:component:accept}body\n"
	    "presence -\n";
	struct seen seen;
	struct stream *stream = begin(&seen);

	(void)state;
	assert_true(feed(stream, text));
	expect_seen(&seen, want);
	/* And byte by byte: each is told as soon as it is there. */
	for (size_t i = 0; i < sizeof text - 1; i++)
		assert_true(stream_feed(stream, (struct span){ text + i, 1 }));
	expect_seen(&seen, want);
	expect_out(stream, "");
	stream_close(stream);
}

/* jabberd2 keeps its users' prefixes, and a namespace on every stanza. */
static void namespaces(void **state)
{
	struct seen seen;
	struct stream *stream = begin(&seen);

	(void)state;
	feed(stream, "<iq xmlns='jabber:client' id='1' xmlns:s='urn:s'>"
		     "<s:a xmlns:t='urn:t'><t:b/><c/><s:d>1</s:d></s:a></iq>");
	expect_seen(&seen,
	    "iq 1 {urn:s}a [{urn:t}b=] [{jabber:client}c=] [{urn:s}d=1]\n");
	feed(stream, "<iq id='2'><stream:a/></iq>");
	expect_seen(&seen, "iq 2 {http://etherx.jabber.org/streams}a\n");
	/* One that nobody declared has none, and ends nothing. */
	assert_true(feed(stream, "<iq id='3'><x:a x:b='1' y:b='2'/></iq>"));
	expect_seen(&seen, "iq 3 {}a\n");
	assert_true(feed(stream, "<iq id='4'><a xmlns='urn:&#10;a'/></iq>"));
	expect_seen(&seen, "iq 4 {urn:\na}a\n");
	stream_close(stream);
}

static void feed_times(struct stream *stream, const char *text, size_t times)
{
	for (size_t i = 0; i < times; i++)
		assert_true(feed(stream, text));
}

/* A user can send these. */
static void what_is_long_or_deep_is_skipped(void **state)
{
	struct seen seen;
	struct stream *stream = begin(&seen);
	const size_t around = sizeof "<iq id='1'><a></a></iq>" - 1;

	(void)state;
	feed(stream, "<iq id='1'><a>");
	feed_times(stream, "x", STANZA_MAX - around);
	feed(stream, "</a></iq>");
	expect_seen(&seen, "iq 1 {jabber:component:accept}a\n");
	feed(stream, "<iq id='2'><a>");
	feed_times(stream, "x", STANZA_MAX - around + 1);
	feed(stream, "</a></iq>");
	expect_seen(&seen, "iq 2 skipped\n");
	feed(stream, "<iq id='3'>");
	feed_times(stream, "<a>", STANZA_DEPTH - 1);
	feed_times(stream, "</a>", STANZA_DEPTH - 1);
	feed(stream, "</iq>");
	expect_seen(&seen, "iq 3 {jabber:component:accept}a"
			   " [{jabber:component:accept}a=]\n");
	feed(stream, "<iq id='4'>");
	feed_times(stream, "<a>", STANZA_DEPTH);
	feed_times(stream, "</a>", STANZA_DEPTH);
	feed(stream, "</iq><iq id='5'/>");
	expect_seen(&seen, "iq 4 skipped\niq 5\n");
	stream_close(stream);
}

static void many_elements(void **state)
{
	struct seen seen;
	struct stream *stream = begin(&seen);

	(void)state;
	feed(stream, "<iq id='1'><a xmlns='u'>");
	feed_times(stream, "<b/>", 10000);
	feed(stream, "</a><c/></iq>");
	buf_reset(&seen.text);
	feed(stream, "<iq id='2'><a xmlns='u'/></iq>");
	expect_seen(&seen, "iq 2 {u}a\n");
	stream_close(stream);
}

/* Only the server can send these. */
static void ends(
    const char *text, size_t times, const char *behind, const char *condition)
{
	struct seen seen;
	struct stream *stream = begin(&seen);
	const char *told;
	char want[256];

	for (size_t i = 0; i < times && feed(stream, text); i++)
		;
	assert_false(feed(stream, behind));
	assert_int_equal(stream_end(stream, &told), STREAM_FAULTY);
	assert_string_equal(told, condition);
	snprintf(want, sizeof want,
	    "<stream:error><%s xmlns='" ERRORS
	    "'/></stream:error></stream:stream>",
	    condition);
	expect_out(stream, want);
	assert_false(feed(stream, "<iq id='1'/>"));
	expect_seen(&seen, "");
	stream_close(stream);
}

static void what_ends_a_stream(void **state)
{
	static char text[(1 << 20) + 1];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	ends("<iq></message>", 1, "", "not-well-formed");
	ends("<iq id='1' id='2'/>", 1, "", "not-well-formed");
	ends("\xff", 1, "", "not-well-formed");
	ends("<!DOCTYPE a [ <!ENTITY b 'c'> ]>", 1, "", "not-well-formed");
	ends("<iq>&b;</iq>", 1, "", "not-well-formed");
	ends("<?php x?>", 1, "", "restricted-xml");
	ends("<iq><?php x?></iq>", 1, "", "restricted-xml");
	ends("<a>", STREAM_DEPTH, "", "policy-violation");
	ends("<iq a='", 1, text, "policy-violation");
	ends("<!-- ", 1, text, "policy-violation");
}

/* More than 10 MiB in one stanza; each piece is one that expat tells. */
static void a_stanza_without_end(void **state)
{
	static char text[65537];
	struct seen seen;
	struct stream *stream = begin(&seen);
	size_t len = 0;
	const char *told;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	feed(stream, "<message><body>");
	while (feed(stream, text))
		len += sizeof text - 1;
	expect_between(len, STREAM_STANZA_MAX - 65536, STREAM_STANZA_MAX);
	assert_int_equal(stream_end(stream, &told), STREAM_FAULTY);
	assert_string_equal(told, "policy-violation");
	stream_close(stream);
}

static void bad_header(const char *header, const char *condition)
{
	struct stream *stream =
	    stream_open(span_of("upload.example.org"), take, NULL);
	const char *told;

	assert_false(feed(stream, header));
	assert_int_equal(stream_end(stream, &told), STREAM_FAULTY);
	assert_string_equal(told, condition);
	assert_false(stream_shaken(stream));
	stream_close(stream);
}

static void headers(void **state)
{
	(void)state;
	bad_header("<stream:stream xmlns='jabber:client' "
		   "xmlns:stream='http://etherx.jabber.org/streams'>",
	    "invalid-namespace");
	bad_header("<stream:stream xmlns='jabber:component:accept' "
		   "xmlns:stream='urn:other'>",
	    "invalid-namespace");
	bad_header("<html>", "invalid-namespace");
	bad_header("<!DOCTYPE html><html>", "restricted-xml");
	bad_header("HTTP/1.1 400 Bad Request\r\n", "not-well-formed");
}

/* Prosody's prefix, and one that is another. */
static void a_header_of_another_prefix(void **state)
{
	struct stream *stream =
	    stream_open(span_of("upload.example.org"), take, NULL);
	const char *told;

	(void)state;
	stream_sent(stream, stream_out(stream).len);
	assert_true(feed(stream, "<s:stream xmlns='jabber:component:accept' "
				 "xmlns:s='http://etherx.jabber.org/streams' "
				 "id='3BF96D32'>"));
	assert_int_equal(stream_state(stream), STREAM_HEADED);
	assert_false(feed(stream,
	    "<s:error><host-unknown xmlns='" ERRORS "'/><text xmlns='" ERRORS
	    "'>x</text></s:error></s:stream>"));
	assert_int_equal(stream_end(stream, &told), STREAM_REFUSED);
	assert_string_equal(told, "host-unknown");
	assert_false(stream_shaken(stream));
	expect_out(stream, "");
	stream_close(stream);
}

static void the_server_ends_it(void **state)
{
	struct seen seen;
	struct stream *stream = begin(&seen);
	const char *told;

	(void)state;
	assert_false(feed(stream, "<iq id='1'/></stream:stream>"));
	expect_seen(&seen, "iq 1\n");
	assert_int_equal(stream_end(stream, &told), STREAM_CLOSED);
	assert_string_equal(told, "");
	expect_out(stream, "</stream:stream>");
	stream_close(stream);
	stream = begin(&seen);
	assert_false(feed(stream, "<stream:error><conflict xmlns='" ERRORS
				  "'/></stream:error><iq id='2'/>"));
	assert_int_equal(stream_end(stream, &told), STREAM_REFUSED);
	assert_string_equal(told, "conflict");
	assert_true(stream_shaken(stream));
	expect_seen(&seen, "");
	stream_close(stream);
}

static void we_end_it(void **state)
{
	struct seen seen;
	struct stream *stream = begin(&seen);
	const char *told;

	(void)state;
	stream_finish(stream);
	expect_out(stream, "</stream:stream>");
	/* What was under way is not taken any more. */
	assert_false(feed(stream, "<iq id='1'/></stream:stream>"));
	expect_seen(&seen, "");
	assert_int_equal(stream_end(stream, &told), STREAM_CLOSED);
	expect_out(stream, "");
	stream_close(stream);
}

static void write_kib(struct buf *out, const void *of)
{
	char *at = buf_take(out, 1024);

	if (at)
		memset(at, *(const char *)of, 1024);
}

static void what_waits_is_bounded(void **state)
{
	struct seen seen;
	struct stream *stream = begin(&seen);
	const char *told;
	size_t count = 0;

	(void)state;
	stream_send(stream, write_kib, "a");
	stream_send(stream, write_kib, "b");
	assert_int_equal(stream_out(stream).len, 2048);
	stream_sent(stream, 1023);
	stream_send(stream, write_kib, "c");
	assert_int_equal(stream_out(stream).len, 2049);
	assert_int_equal(stream_out(stream).at[0], 'a');
	assert_int_equal(stream_out(stream).at[1], 'b');
	assert_int_equal(stream_out(stream).at[2048], 'c');
	for (; stream_state(stream) != STREAM_ENDED; count++)
		stream_send(stream, write_kib, "d");
	expect_between(count, 4096, STREAM_OUT_MAX / 1024);
	assert_int_equal(stream_end(stream, &told), STREAM_OVERFULL);
	stream_close(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stanzas_come_whole),
		cmocka_unit_test(namespaces),
		cmocka_unit_test(what_is_long_or_deep_is_skipped),
		cmocka_unit_test(many_elements),
		cmocka_unit_test(what_ends_a_stream),
		cmocka_unit_test(a_stanza_without_end),
		cmocka_unit_test(headers),
		cmocka_unit_test(a_header_of_another_prefix),
		cmocka_unit_test(the_server_ends_it),
		cmocka_unit_test(we_end_it),
		cmocka_unit_test(what_waits_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
