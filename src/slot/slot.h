#ifndef SLOT_SLOT_H
#define SLOT_SLOT_H

#include "slot/auth.h"
#include "slot/key_template.h"
#include "slot/media_type.h"
#include "slot/policy.h"
#include "slotd/quota.h"
#include "slotd/store.h"

/* Room for a URI_BASE_MAX, and for a key (1024 bytes) and a session token
 * (CREDS_TOKEN_MAX) of which each byte is escaped. */
#define SLOT_URL_MAX 20480
#define SLOT_NEARLY 90

/* What slots are made from, for JIDs of a domain. All of it is only read. */
struct issuer {
	struct span domain; /* as in jid_domain_matches; "": any */
	const struct policy *policy;
	const struct key_template *template;
	const struct keyring *keyring; /* NULL or empty: no key_file */
	struct store *store;
};

/* The first one is for any domain, the others are for theirs. */
struct issuers {
	const struct issuer *list;
	size_t count;        /* at least 1 */
	struct quota *quota; /* counts the slots; NULL: nobody does */
};

/* The one for a lower-case domain: of its very name; else the first with a
 * "*." that matches; else that for any. */
const struct issuer *slot_find_issuer(
    const struct issuers *issuers, struct span domain);

struct slot_request {
	const struct caller *caller;
	const struct jid *jid;
	struct span filename;
	struct span type; /* a hint, as the client wrote it; may be empty */
	uint64_t size;
	/* Entered when the slot is counted; NULL: none. */
	const struct quota_nonce *nonce;
};

struct slot {
	struct buf put;
	struct buf get;
	struct buf type; /* Content-Type that the PUT must carry; empty: any */
	int64_t expires; /* unix seconds */
	/* Of the user's bytes_per_day, with this slot; only when this one
	 * goes beyond SLOT_NEARLY percent of them, else 0. */
	uint64_t nearly;
	bool counted; /* the counter was asked, and has seen the nonce */
	bool charged; /* and this is what it has counted */
	struct quota_charge charge;
	char user_memory[2 * JID_PART_MAX + 2];
	char put_memory[SLOT_URL_MAX];
	char get_memory[SLOT_URL_MAX];
	char type_memory[MEDIA_TYPE_MAX + 1];
};

/*
 * Issues one slot: cleans the name, asks the policy, makes
 * the key, counts, signs; what was counted for a slot that cannot be signed
 * is given back. now is in unix milliseconds. No clock, no randomness and no
 * heap of its own. A struct slot must not be copied.
 */
enum failure slot_issue(const struct issuers *issuers,
    const struct slot_request *request, int64_t now,
    const uint8_t random[RANDOM_BYTES], struct slot *ret_slot,
    struct refusal *why);

/* Takes back what was counted for a slot that nobody gets, if it was. May
 * wait as the counter does. */
void slot_give_back(struct quota *quota, struct slot *slot);

#endif
