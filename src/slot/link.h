#ifndef SLOT_LINK_H
#define SLOT_LINK_H

#include "slot/keyring.h"

/* Characters of a link's token: 128 bits in base64url. */
#define LINK_TOKEN 22

/*
 * Appends the token of GET /f/TOKEN/KEY, 22 characters: a MAC over the store's
 * name and the decoded object key, so that slotd signs only keys that it
 * issued. It never expires.
 */
void link_token_write(const struct keyring_root *root, struct span store,
    struct span key, struct buf *out);

/* Whether a line of key_file made this token. Compares in constant time. */
bool link_token_check(const struct keyring *keyring, struct span token,
    struct span store, struct span key);

/* The most bytes of a decoded URL's path. */
#define LINK_PATH_MAX 8191

/*
 * Whether a link leads below a base, a URL prefix without a slash at its end.
 * The link may be written in another form: other case of scheme and host,
 * U-labels, the scheme's default port or none, other percent-encoding, a
 * query, a fragment, "aesgcm" as scheme (XEP-0454), blanks or angle brackets
 * around it. Appends the rest after base and a slash, decoded. False for other
 * links, and when out is full.
 */
bool link_below(struct span link, struct span base, struct buf *out);

/* The link to a file that slotd serves itself, public_url/f/KEY: appends it
 * for a key; reads it as link_below, and appends its key. */
void link_file_write(struct span public_url, struct span key, struct buf *out);
bool link_file_read(struct span link, struct span public_url, struct buf *out);

#endif
