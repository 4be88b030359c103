#ifndef SLOT_GRANT_H
#define SLOT_GRANT_H

#include "slot/keyring.h"
#include "slot/media_type.h"
#include "slotd/store.h"

/* The upload that a token of PUT /u/TOKEN/KEY allows. */
struct grant {
	uint64_t size;
	int64_t expires; /* unix seconds; expired from then on */
	size_t type_len; /* 0: any type */
	char type[MEDIA_TYPE_MAX + 1];
};

/*
 * Appends the token for a decoded object key, in [A-Za-z0-9_.-]. `store` is
 * the store's name, or "" for the embedded store (type "fs"). type has at most
 * MEDIA_TYPE_MAX bytes.
 */
void grant_write(const struct keyring_root *root, struct span store,
    struct span key, uint64_t size, struct span type, int64_t expires,
    struct buf *out);

/* Appends the whole URL, public_url/u/TOKEN/KEY, of a slot for this request;
 * public_url has no slash at its end. */
void grant_url(const struct keyring_root *root, struct span store,
    struct span public_url, const struct store_request *request,
    int64_t expires, struct buf *out);

/*
 * Checks a decoded token. FAILURE_SLOT_INVALID unless a line of key_file made
 * it for this store and key; FAILURE_SLOT_EXPIRED from the second `expires`
 * on. Compares MACs in constant time.
 */
enum failure grant_check(const struct keyring *keyring, struct span store,
    struct span token, struct span key, int64_t now, struct grant *ret_grant);

#endif
