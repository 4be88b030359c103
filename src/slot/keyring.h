#ifndef SLOT_KEYRING_H
#define SLOT_KEYRING_H

#include "core/hash.h"
#include "slot/jid.h"

#define KEYRING_MAX 8
#define KEYRING_LINE_MIN 32
/* Characters of a keyed hash: 128 bits in base64url. */
#define KEYRING_TEXT 22
#define KEYRING_MAC 16

/* The keys derived from one line of key_file. */
struct keyring_root {
	struct hmac_key user;
	struct hmac_key owner;
	struct hmac_key put;   /* tokens of PUT /u/TOKEN/KEY */
	struct hmac_key get;   /* tokens of GET /f/TOKEN/KEY */
	struct hmac_key erase; /* notes of erasures */
};

/* The lines of key_file. The first makes new tokens, all are accepted. */
struct keyring {
	size_t count;
	struct keyring_root roots[KEYRING_MAX];
};

/*
 * Reads the text of a key_file: 1 to KEYRING_MAX lines of at least 32 bytes.
 * Blanks at the ends of lines and empty lines are ignored. False with a
 * sentence otherwise.
 */
bool keyring_read(
    struct keyring *keyring, struct span text, const char **ret_wrong);
void keyring_done(struct keyring *keyring);

/* Appends {user}, 22 characters: the same for all files of a bare JID. */
void keyring_user(
    const struct keyring_root *root, const struct jid *jid, struct buf *out);

/* Appends {owner}, 22 characters made from the random part and the bare JID.
 * Without the key, nobody can tell whose it is. */
void keyring_owner(const struct keyring_root *root, struct span random,
    const struct jid *jid, struct buf *out);

#endif
