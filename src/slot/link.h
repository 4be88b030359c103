#ifndef SLOT_LINK_H
#define SLOT_LINK_H

#include "slot/keyring.h"

/* Characters of a link's token: 128 bits in base64url. */
#define LINK_TOKEN 22

/*
 * The token of GET /f/TOKEN/KEY: a MAC over the store's name and the decoded
 * object key, so that only keys that slotd issued are ever signed. It has no
 * end. Appends 22 characters.
 */
void link_token_write(const struct keyring_root *root, struct span store,
    struct span key, struct buf *out);

/* Whether any line of key_file made this token. Constant time where it
 * compares. */
bool link_token_check(const struct keyring *keyring, struct span token,
    struct span store, struct span key);

/* Bytes of a decoded URL's path at the most. */
#define LINK_PATH_MAX 8191

/*
 * Whether a link leads below a base, whatever form the link has: another case
 * of scheme and host, U-labels, the scheme's default port or none, another
 * percent-encoding, a query, a fragment, "aesgcm" for the scheme (XEP-0454),
 * blanks or angle brackets around it. base is a URL prefix, without a slash at
 * its end. Appends what follows base and a slash, decoded, to out; false
 * otherwise, and when out is full.
 */
bool link_below(struct span link, struct span base, struct buf *out);

#endif
