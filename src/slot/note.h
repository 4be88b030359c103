#ifndef SLOT_NOTE_H
#define SLOT_NOTE_H

#include "slot/keyring.h"

/*
 * The note of an erasure: a small object in a store which says that all files
 * of a user are to go. Its key is NOTE_FOLDER and NOTE_RANDOM random
 * characters; no file's key begins like that. Its text is four lines, each
 * with a line feed at its end:
 *
 *   slotd-erase-v1
 *   juliet@example.org
 *   1732300000
 *   the MAC, 22 characters
 *
 * The JID is as jid_bare writes it, the time is when the note was written, in
 * unix seconds. The MAC covers both, so nobody without key_file can make a
 * note.
 */
#define NOTE_FOLDER "slotd-erase/"
#define NOTE_RANDOM 22
#define NOTE_RANDOM_BYTES 16
/* Room for a key, and for a text, each with a NUL behind it. */
#define NOTE_KEY (sizeof NOTE_FOLDER + NOTE_RANDOM)
#define NOTE_TEXT (2 * JID_PART_MAX + 64)
/* Seconds for which a note stays after the last slot issued before it has
 * ended, since clocks differ. */
#define NOTE_EXTRA 60

struct note {
	struct span jid; /* points into the note's text */
	int64_t written; /* unix seconds */
};

void note_key_write(const uint8_t random[NOTE_RANDOM_BYTES], struct buf *out);

/* now: unix seconds, not negative. */
void note_write(const struct keyring_root *root, const struct jid *jid,
    int64_t now, struct buf *out);

/* False unless a line of key_file made this text. Compares MACs in constant
 * time. */
bool note_read(
    const struct keyring *keyring, struct span text, struct note *ret_note);

/* From when on no slot that was issued before the note is good any more;
 * put_ttl is the store's. */
int64_t note_ends(const struct note *note, uint32_t put_ttl);

#endif
