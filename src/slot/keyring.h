#ifndef SLOT_KEYRING_H
#define SLOT_KEYRING_H

#include "core/hash.h"
#include "slot/jid.h"

#define KEYRING_MAX 8
#define KEYRING_LINE_MIN 32
/* Letters of a keyed hash: 128 bits in base64url. */
#define KEYRING_TEXT 22
#define KEYRING_MAC 16

/* What is derived from one line of key_file. */
struct keyring_root {
	struct hmac_key user;
	struct hmac_key owner;
	struct hmac_key put; /* tokens of PUT /u/TOKEN/KEY */
	struct hmac_key get; /* tokens of GET /f/TOKEN/KEY */
};

/* The lines of key_file: the first makes, all are tried. */
struct keyring {
	size_t count;
	struct keyring_root roots[KEYRING_MAX];
};

/*
 * Reads the text of a key_file: a line each, at least 32 bytes, blanks at
 * the ends and empty lines ignored. False with a sentence for a shorter
 * line, for none and for more than KEYRING_MAX.
 */
bool keyring_read(
    struct keyring *keyring, struct span text, const char **ret_wrong);
void keyring_done(struct keyring *keyring);

/* {user}: the same for all files of a bare JID. Appends 22 characters. */
void keyring_user(
    const struct keyring_root *root, const struct jid *jid, struct buf *out);

/* {owner}: of the random part (22 characters) and the bare JID; tells
 * nothing to who has not the key. Appends 22 characters. */
void keyring_owner(const struct keyring_root *root, struct span random,
    const struct jid *jid, struct buf *out);

#endif
