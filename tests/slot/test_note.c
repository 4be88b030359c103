#include "expect.h"

#include "slot/note.h"

#include <string.h>

/*
 * The expected texts were made by python3, field(x) being
 * pack('>Q', len(x)) + x:
 *   k = hmac.new(line, b'slotd-v1 erase', sha256).digest()
 *   m = hmac.new(k, field(jid) + field(b'1732300000'), sha256).digest()[:16]
 *   urlsafe_b64encode(m), without '='
 */
#define LINE_ONE "fake-key-file-line-one-for-tests-only"
#define LINE_TWO "fake-key-file-line-two-for-tests-only"
#define NOW 1732300000
#define HEAD "slotd-erase-v1\njuliet@example.org\n1732300000\n"
#define BY_ONE HEAD "34h98W9FYpAApACjzHGviA\n"
#define BY_TWO HEAD "xxP4fl9bjOMn6CDi7ocCHg\n"
#define OF_DOMAIN                                                              \
	"slotd-erase-v1\nexample.org\n1732300000\n_CAHv6m2EyGIMB0KqJNyPg\n"

static struct keyring ring_of(const char *text)
{
	struct keyring ring;
	const char *wrong;

	assert_true(keyring_read(&ring, span_of(text), &wrong));
	return ring;
}

static void expect_written(
    const struct keyring *ring, const char *text, const char *want)
{
	char memory[NOTE_TEXT];
	struct buf out = buf_of(memory, sizeof memory);
	struct jid jid;
	const char *wrong;

	assert_true(jid_parse(span_of(text), &jid, &wrong));
	note_write(&ring->roots[0], &jid, NOW, &out);
	expect_buf(&out, want);
}

static void test_writes(void **state)
{
	struct keyring ring = ring_of(LINE_ONE "\n" LINE_TWO);

	(void)state;
	expect_written(&ring, "juliet@example.org", BY_ONE);
	expect_written(&ring, "JULIET@Example.ORG/balcony", BY_ONE);
	expect_written(&ring, "example.org", OF_DOMAIN);
}

/* The longest JID has room. */
static void test_longest(void **state)
{
	struct keyring ring = ring_of(LINE_ONE);
	char memory[NOTE_TEXT], text[JID_BARE_SIZE];
	struct buf out = buf_of(memory, sizeof memory);
	struct jid jid = { .local = { text, JID_PART_MAX },
		.domain = { text + JID_PART_MAX + 1, JID_PART_MAX } };
	struct note note;

	(void)state;
	memset(text, 'a', sizeof text);
	note_write(&ring.roots[0], &jid, 999999999999, &out);
	assert_true(buf_ok(&out));
	assert_true(note_read(&ring, buf_span(&out), &note));
	assert_int_equal(note.jid.len, 2 * JID_PART_MAX + 1);
	assert_true(note.written == 999999999999);
}

static void test_key(void **state)
{
	static const uint8_t random[NOTE_RANDOM_BYTES] = { 0xff, 0xfe, 0xfd };
	char memory[NOTE_KEY];
	struct buf out = buf_of(memory, sizeof memory);

	(void)state;
	note_key_write(random, &out);
	expect_buf(&out, "slotd-erase/__79AAAAAAAAAAAAAAAAAA");
}

static bool reads(const struct keyring *ring, const char *text)
{
	struct note note;

	return note_read(ring, span_of(text), &note);
}

static void test_reads(void **state)
{
	struct keyring ring = ring_of(LINE_TWO "\n" LINE_ONE);
	struct note note;

	(void)state;
	assert_true(note_read(&ring, span_of(BY_ONE), &note));
	expect_span(note.jid, "juliet@example.org");
	assert_int_equal(note.written, NOW);
	assert_int_equal(note_ends(&note, 600), NOW + 660);
	assert_true(reads(&ring, BY_TWO));
	assert_true(reads(&ring, OF_DOMAIN));
	ring = ring_of(LINE_TWO);
	assert_false(reads(&ring, BY_ONE));
	assert_true(reads(&ring, BY_TWO));
}

/* Whatever is cut off, added or changed. */
static void test_refuses(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n\n\n",
		HEAD,
		HEAD "\n",
		HEAD "34h98W9FYpAApACjzHGviA",
		HEAD "34h98W9FYpAApACjzHGvi\n",
		HEAD "34h98W9FYpAApACjzHGviAA\n",
		HEAD "AAAAAAAAAAAAAAAAAAAAAA\n",
		BY_ONE "\n",
		BY_ONE "x",
		" " BY_ONE,
		/* No byte moves from one field to the other. */
		"slotd-erase-v1\njuliet@example.org1\n732300000\n"
		"34h98W9FYpAApACjzHGviA\n",
		"slotd-erase-v1\njuliet@example.org\n17323000000\n"
		"34h98W9FYpAApACjzHGviA\n",
		"slotd-erase-v1\njuliet@example.org\n1732300000000\n"
		"34h98W9FYpAApACjzHGviA\n",
		"slotd-erase-v2\njuliet@example.org\n1732300000\n"
		"34h98W9FYpAApACjzHGviA\n",
		"slotd-erase-v1\nromeo@example.org\n1732300000\n"
		"34h98W9FYpAApACjzHGviA\n",
		"slotd-erase-v1\r\njuliet@example.org\r\n1732300000\r\n"
		"34h98W9FYpAApACjzHGviA\r\n",
	};
	struct keyring ring = ring_of(LINE_ONE);
	char text[] = BY_ONE;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		assert_false(reads(&ring, texts[i]));
	for (size_t i = 0; i < strlen(text); i++) {
		text[i] ^= 1;
		assert_false(reads(&ring, text));
		text[i] ^= 1;
	}
	assert_true(reads(&ring, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
