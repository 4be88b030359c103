#include "slot/note.h"

#include "fuzz/fuzz.h"
#include "fuzz/targets.h"

#include <string.h>

/*
 * Notes of erasures. What is accepted is, byte for byte, what note_write makes
 * with one of the keys. Of a JID, what is written is read back the same, and
 * with no byte of it changed.
 */

#define KEYS                                                                   \
	"not-a-real-key-0123456789abcdef01\n"                                  \
	"not-a-real-key-0123456789abcdef02\n"

static struct keyring keyring;

static void open_keyring(void)
{
	const char *wrong;

	must(keyring_read(&keyring, span_of(KEYS), &wrong));
}

static bool equal(struct span a, struct span b)
{
	return a.len == b.len && (!a.len || memcmp(a.at, b.at, a.len) == 0);
}

/* Whether one of the keys makes this text of this note. */
static bool is_made(const struct note *note, struct span text)
{
	char memory[NOTE_TEXT];
	struct jid jid;
	const char *wrong;

	if (!jid_parse(note->jid, &jid, &wrong))
		return false;
	for (size_t i = 0; i < keyring.count; i++) {
		struct buf again = buf_of(memory, sizeof memory);

		note_write(&keyring.roots[i], &jid, note->written, &again);
		must(buf_ok(&again));
		if (equal(buf_span(&again), text))
			return true;
	}
	return false;
}

static void run(struct span input)
{
	struct note note;

	if (note_read(&keyring, input, &note))
		must(is_made(&note, input));
}

/* At a time that comes from the JID's length. */
static void run_signed(struct span input)
{
	char memory[NOTE_TEXT];
	struct buf text = buf_of(memory, sizeof memory);
	const int64_t now = 1 + (int64_t)input.len * 1000003;
	struct note note;
	struct jid jid;
	const char *wrong;

	if (!jid_parse(input, &jid, &wrong))
		return;
	note_write(&keyring.roots[input.len % 2], &jid, now, &text);
	must(note_read(&keyring, buf_span(&text), &note));
	must(note.written == now && is_made(&note, buf_span(&text)));
	must(!memchr(note.jid.at, '\n', note.jid.len));
	/* No other byte anywhere. */
	for (size_t i = 0; i < text.len; i++) {
		text.at[i] ^= 1;
		must(!note_read(&keyring, buf_span(&text), &note));
		text.at[i] ^= 1;
	}
	must(!note_read(
	    &keyring, (struct span){ text.at, text.len - 1 }, &note));
}

const struct fuzz_target note_targets[] = {
	{ "note", 256, open_keyring, run },
	{ "note-signed", 256, open_keyring, run_signed },
	{ NULL, 0, NULL, NULL },
};
