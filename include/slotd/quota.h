#ifndef SLOTD_QUOTA_H
#define SLOTD_QUOTA_H

#include "core/span.h"
#include "slotd/failure.h"

/* The longest name of an account: a bare JID, a slash and a purpose. */
#define QUOTA_ACCOUNT_MAX (2 * 1023 + 1 + 1 + 16)

/* A signed request's nonce, which no other process may accept again. */
struct quota_nonce {
	struct span caller;
	struct span nonce;
	struct span domain; /* that the request is about: a part of the key;
	                     * with take, the charge's; may be empty */
	int64_t until;      /* unix seconds: when its time stamp is too old */
};

/*
 * One slot, its user and domain, and the limits. Strings are in lower case
 * where XMPP ignores case. A limit of 0 is none.
 */
struct quota_charge {
	struct span user; /* the bare JID, or the domain alone */
	/* For a purpose whose bytes are counted by themselves, the name under
	 * which they count: the user, a slash and the purpose. Empty: they
	 * count with the user's others. */
	struct span account;
	struct span domain;        /* the JID's */
	uint64_t size;             /* bytes of the file */
	uint32_t slots_per_minute; /* limits of the user */
	uint64_t bytes_per_day;
	uint64_t domain_bytes_per_day; /* of all users of the domain */
	/* Unix milliseconds. take replaces it by the time at which it counted
	 * the slot, maybe by another clock; 0: granted without counting. */
	int64_t now;
	/* take enters it in the same round trip, as nonce would, whether or
	 * not it grants the slot; NULL: none. */
	const struct quota_nonce *nonce;
};

/* What a user has used in the windows that end now. Slots that had no limit
 * when they were granted are not in it. */
struct quota_use {
	uint64_t slots; /* in the last minute */
	uint64_t bytes; /* in the last day */
	/* Unix milliseconds: when the next part frees; 0: none is used. */
	int64_t slots_free_at;
	int64_t bytes_free_at;
	/* Of all users of a domain; only when the user is a domain alone. */
	uint64_t domain_bytes;
	int64_t domain_free_at;
};

/* How full a counter is: for metrics. */
struct quota_stats {
	uint64_t users;     /* users and domains in the table */
	uint64_t users_max; /* how many it can hold */
};

struct quota;

/*
 * A counter of slots and bytes in sliding windows. One file in src/quota/ for
 * each; struct quota is the first member of the part's own struct. All
 * functions may be called from any number of threads at once.
 */
struct quota_class {
	const char *type; /* as in quota.type */

	/* Whether take, give_back, use, reset and nonce may wait for a
	 * network. Then they must not be called on an event loop. */
	bool waits;

	/*
	 * Counts a slot against all of its limits, or against none when one
	 * of them is used up. Not called when all three are 0. No window of a
	 * minute or a day has more than its limit.
	 * FAILURE_RATE_LIMITED or FAILURE_QUOTA_EXCEEDED, with why->retry_at:
	 * unix seconds, rounded up, at which the same charge would be granted
	 * if nobody else came; 0: never, the file is larger than the quota.
	 * FAILURE_UNAVAILABLE: the counter cannot be reached, and its
	 * configuration says to refuse then. FAILURE_REPLAYED: charge->nonce
	 * is there already.
	 * ret_bytes: what the user has used of bytes_per_day, this slot
	 * included (0: no such limit, or not known).
	 */
	enum failure (*take)(struct quota *quota, struct quota_charge *charge,
	    uint64_t *ret_bytes, struct refusal *why);

	/* Takes back a charge, as take has left it, after a later step
	 * failed. */
	void (*give_back)(
	    struct quota *quota, const struct quota_charge *charge);

	/* What is used by a user, or under an account's name; false when the
	 * counter cannot be reached. */
	bool (*use)(struct quota *quota, struct span user, int64_t now,
	    struct quota_use *ret_use);

	/* Forgets what a user or an account has used; for a domain alone also
	 * what all its users have used together. False when the counter
	 * cannot be reached. */
	bool (*reset)(struct quota *quota, struct span user);

	/*
	 * Enters a nonce of a caller that every process shares:
	 * FAILURE_REPLAYED when it is there already; FAILURE_UNAVAILABLE as
	 * with take. now: unix milliseconds. NULL: this part shares nothing
	 * with other processes, and take looks at no nonce.
	 */
	enum failure (*nonce)(struct quota *quota,
	    const struct quota_nonce *nonce, int64_t now, struct refusal *why);

	/* NULL: the counts are not in this process. */
	void (*stats)(struct quota *quota, struct quota_stats *ret_stats);

	/* Writes the counts to disk, which may take time. False with errno.
	 * NULL: there is nothing to write. */
	bool (*save)(struct quota *quota, int64_t now);

	void (*close)(struct quota *quota);
};

struct quota {
	const struct quota_class *class;
};

#endif
