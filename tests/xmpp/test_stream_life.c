/* Streams that live for long. */
#include "xmpp/stream_fixture.h"

#include <malloc.h>

struct seen {
	size_t count;
	bool skipped; /* the last */
};

static void take(void *of, const struct stanza *stanza)
{
	struct seen *seen = of;
	const bool is_presence = span_is(stanza->top.name, "presence");

	assert_true(is_presence || span_is(stanza->top.name, "iq"));
	seen->skipped = stanza->skipped;
	if (!stanza->skipped)
		assert_int_equal(stanza->payload_count, !is_presence);
	seen->count++;
}

static size_t heap(void)
{
	const struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/* A stanza of 60,000 bytes with names that no other has. */
static void feed_names(struct stream *stream, size_t *name)
{
	static char text[STANZA_MAX];
	struct buf out = buf_of(text, sizeof text);

	buf_text(&out, "<iq><x ");
	while (out.len < 60000) {
		buf_char(&out, 'a');
		buf_u64(&out, (*name)++);
		buf_text(&out, "='' ");
	}
	buf_text(&out, "/></iq>");
	assert_true(stream_feed(stream, buf_span(&out)));
}

/* An element's text of so many bytes. */
static void feed_long(struct stream *stream, size_t len)
{
	static char text[STANZA_MAX + 1];

	memset(text, 'x', sizeof text);
	assert_true(feed(stream, "<iq id='1'><a>"));
	assert_true(stream_feed(stream, (struct span){ text, len }));
	assert_true(feed(stream, "</a></iq>"));
}

/* A user can make them up. */
static void names_are_not_kept(void **state)
{
	const size_t around = sizeof "<iq id='1'><a></a></iq>" - 1;
	struct seen seen = { 0 };
	struct stream *stream = open_stream(take, &seen);
	const size_t before = heap();
	size_t name = 0;

	(void)state;
	for (int i = 0; i < 200; i++)
		feed_names(stream, &name);
	assert_int_equal(seen.count, 200);
	expect_between(heap(), 0, before + (8 << 20));
	/* The bounds of a stanza are still counted from its beginning. */
	feed_long(stream, STANZA_MAX - around);
	assert_false(seen.skipped);
	feed_long(stream, STANZA_MAX - around + 1);
	assert_true(seen.skipped);
	assert_false(feed(stream, "</stream:stream>"));
	stream_close(stream);
}

/* However it is cut in pieces. */
static void no_stanza_is_lost(void **state)
{
	static const char stanzas[] =
	    "<iq id='1'><a xmlns='u'>x</a></iq> <presence/>";
	static char text[(sizeof stanzas - 1) * 5000 + 1];

	(void)state;
	for (size_t i = 0; i + 1 < sizeof text; i++)
		text[i] = stanzas[i % (sizeof stanzas - 1)];
	for (size_t len = 1; len < sizeof text; len = len * 7 + 1) {
		struct seen seen = { 0 };
		struct stream *stream = open_stream(take, &seen);

		for (int i = 0; i < 3; i++) {
			struct span rest = span_of(text);

			for (; rest.len; rest = span_from(rest, len))
				assert_true(
				    stream_feed(stream, span_first(rest, len)));
		}
		assert_int_equal(seen.count, 30000);
		assert_int_equal(stream_state(stream), STREAM_OPEN);
		stream_close(stream);
	}
}

/* Only the server can send these: names of 60,000 bytes, in each other. */
static void tags_alone_are_bounded(void **state)
{
	static char tag[60000 + 1];
	struct seen seen = { 0 };
	struct stream *stream = open_stream(take, &seen);
	const char *told;
	size_t count = 0;

	(void)state;
	memset(tag, 'a', 60000);
	tag[0] = '<';
	tag[60000 - 1] = '>';
	while (count < 300 && feed(stream, tag))
		count++;
	assert_int_equal(count, STREAM_STANZA_MAX / 60000);
	assert_int_equal(stream_end(stream, &told), STREAM_FAULTY);
	assert_string_equal(told, "policy-violation");
	stream_close(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_not_kept),
		cmocka_unit_test(no_stanza_is_lost),
		cmocka_unit_test(tags_alone_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
