#ifndef SLOT_SLOT_H
#define SLOT_SLOT_H

#include "slot/auth.h"
#include "slot/key_template.h"
#include "slot/policy.h"
#include "slotd/store.h"

#define SLOT_URL_MAX 8192

/* What slots are made from. All of it is only read. */
struct issuer {
	const struct policy *policy;
	const struct key_template *template;
	const struct keyring *keyring; /* NULL or empty: no key_file */
	struct store *store;
};

struct slot_request {
	const struct caller *caller;
	struct span jid;
	struct span filename;
	struct span type; /* at == NULL: none was named */
	uint64_t size;
};

struct slot {
	struct buf put;
	struct buf get;
	int64_t expires; /* unix seconds */
	char put_memory[SLOT_URL_MAX];
	char get_memory[SLOT_URL_MAX];
};

/*
 * Issues one slot: reads the JID, cleans the name, asks the policy, makes
 * the key, signs. No clock, no randomness and no heap of its own. A struct
 * slot must not be copied.
 */
enum failure slot_issue(const struct issuer *issuer,
    const struct slot_request *request, int64_t now,
    const uint8_t random[RANDOM_BYTES], struct slot *ret_slot,
    struct refusal *why);

#endif
