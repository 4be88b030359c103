#ifndef SLOT_OWNERS_H
#define SLOT_OWNERS_H

#include "slot/key_template.h"

/* A user whose files are looked for among object keys. */
struct owner {
	struct span jid; /* as jid_bare writes it; the caller's memory */
	uint8_t users[KEYRING_MAX][KEYRING_MAC]; /* {user} for each key */
};

void owners_add(
    struct owner *owner, const struct keyring *keyring, struct span jid);

/* Whether a key says who uploaded its file, if it was made with this template
 * or with one of the defaults. */
bool owners_told(const struct key_template *template, struct span key);

/*
 * The number of the first of these users whose file has such a key, under any
 * line of key_file; count: of none of them. The key may have been made with
 * this template, or with one of the defaults (key_template_read_any). Costs a
 * MAC for each user and line where the key has {owner}.
 */
size_t owners_find(const struct owner *owners, size_t count,
    const struct keyring *keyring, const struct key_template *template,
    struct span key);

#endif
