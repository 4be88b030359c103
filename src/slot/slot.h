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

/* How slots for JIDs of a domain are made. Only read. */
struct issuer {
	const struct policies *policies;
	const struct key_template *template;
	const struct keyring *keyring; /* NULL or empty: no key_file */
	struct store *store;
};

/* The first issuer is for any domain; number n of `domains` has the one at
 * n + 1. */
struct issuers {
	const struct issuer *list;
	struct names domains;
	struct quota *quota; /* counts the slots; NULL: they are not counted */
};

/* The issuer for a lower-case domain: the one with this name, else the first
 * with a "*." pattern that matches, else the one for any domain. */
const struct issuer *slot_find_issuer(
    const struct issuers *issuers, struct span domain);

struct slot_request {
	const struct caller *caller;
	const struct jid *jid;
	struct span filename;
	struct span type; /* a hint, as the client wrote it; may be empty */
	uint64_t size;
	enum purpose purpose;
	/* With PURPOSE_EPHEMERAL: unix seconds, by which the file has to be
	 * gone; 0: none was named. */
	int64_t expire_before;
	/* Given to the counter with the slot; NULL: none. */
	const struct quota_nonce *nonce;
};

struct slot {
	struct buf put;
	struct buf get;
	struct buf type; /* Content-Type that the PUT must carry; empty: any */
	int64_t expires; /* unix seconds */
	int64_t until;   /* the file's end, unix seconds; 0: it has none */
	/* The user's bytes of the day, if this slot raises them above
	 * SLOT_NEARLY percent of bytes_per_day; else 0. */
	uint64_t nearly;
	bool counted; /* the counter was asked, and has seen the nonce */
	bool charged; /* and has counted `charge` */
	struct quota_charge charge;
	char account_memory[QUOTA_ACCOUNT_MAX + 1];
	char put_memory[SLOT_URL_MAX];
	char get_memory[SLOT_URL_MAX];
	char type_memory[MEDIA_TYPE_MAX + 1];
};

/*
 * Issues one slot: cleans the name, checks the policy, makes the key, counts
 * and signs. If signing fails, the count is taken back. now: unix
 * milliseconds. Uses no clock, no randomness and no heap of its own. A struct
 * slot must not be copied.
 */
enum failure slot_issue(const struct issuers *issuers,
    const struct slot_request *request, int64_t now,
    const uint8_t random[RANDOM_BYTES], struct slot *ret_slot,
    struct refusal *why);

/* Takes back the count of a slot that nobody received, if it was counted. May
 * wait, as the counter does. */
void slot_give_back(struct quota *quota, struct slot *slot);

#endif
