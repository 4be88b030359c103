#ifndef SLOTD_QUOTA_H
#define SLOTD_QUOTA_H

#include "core/span.h"
#include "slotd/failure.h"

/* A signed request's nonce, which no other process may take again. */
struct quota_nonce {
	struct span caller;
	struct span nonce;
	struct span domain; /* that the request is about: what is shared lies
	                     * there; with take, the charge's; may be empty */
	int64_t until;      /* unix seconds: when its time stamp is too old */
};

/*
 * What one slot counts for, and against what. Strings are lower-case where
 * XMPP ignores case; limits of 0 are none.
 */
struct quota_charge {
	struct span user;          /* the bare JID, or the domain alone */
	struct span domain;        /* the JID's */
	uint64_t size;             /* bytes of the file */
	uint32_t slots_per_minute; /* limits of the user */
	uint64_t bytes_per_day;
	uint64_t domain_bytes_per_day; /* of all users of the domain */
	/* Unix milliseconds. take puts there when it was counted, which may
	 * be by another clock; 0: it was let through without being counted. */
	int64_t now;
	/* Entered by take in the same round trip, as nonce does it, whether
	 * or not the slot is granted; NULL: none. */
	const struct quota_nonce *nonce;
};

/* What a user has used in the windows that end now. What had no limit when
 * it was granted was not counted. */
struct quota_use {
	uint64_t slots; /* in the last minute */
	uint64_t bytes; /* in the last day */
	/* Unix milliseconds: when the next of each frees; 0: none is used. */
	int64_t slots_free_at;
	int64_t bytes_free_at;
	/* Of all users of a domain; only when the user is a domain alone. */
	uint64_t domain_bytes;
	int64_t domain_free_at;
};

/* How full a counter is: for metrics. */
struct quota_stats {
	uint64_t users;     /* users and domains that are kept */
	uint64_t users_max; /* how many there can be */
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
	 * network: they must then not be called on an event loop. */
	bool waits;

	/*
	 * Counts a slot against all of its limits, or against none. Not
	 * called when all three are 0; what has no limit is not counted.
	 * FAILURE_RATE_LIMITED or FAILURE_QUOTA_EXCEEDED, with
	 * why->retry_at: unix seconds, rounded up, at which the same
	 * charge would be taken if nobody else came. 0: never (the file is
	 * larger than the quota). FAILURE_UNAVAILABLE: the counter cannot be
	 * reached, and its configuration says to refuse then.
	 * FAILURE_REPLAYED: charge->nonce is there already.
	 * In no window of a minute or a day is more granted than the limit.
	 * ret_bytes: what the user has used of bytes_per_day with this one
	 * (0: there is no such limit, or it is not known).
	 */
	enum failure (*take)(struct quota *quota, struct quota_charge *charge,
	    uint64_t *ret_bytes, struct refusal *why);

	/* Takes back a charge as take has left it: a later step failed. */
	void (*give_back)(
	    struct quota *quota, const struct quota_charge *charge);

	/* What is used; false when the counter cannot be reached. */
	bool (*use)(struct quota *quota, struct span user, int64_t now,
	    struct quota_use *ret_use);

	/* Forgets what a user has used, for a domain alone also what all of
	 * its users have; false when it cannot be reached. */
	bool (*reset)(struct quota *quota, struct span user);

	/*
	 * Enters a nonce of a caller that every process shares:
	 * FAILURE_REPLAYED when it is there already; FAILURE_UNAVAILABLE as
	 * with take. now: unix milliseconds. NULL: this part shares nothing
	 * with other processes, and take looks at no nonce.
	 */
	enum failure (*nonce)(struct quota *quota,
	    const struct quota_nonce *nonce, int64_t now, struct refusal *why);

	/* NULL: what is counted lies elsewhere. */
	void (*stats)(struct quota *quota, struct quota_stats *ret_stats);

	/* Writes what has to outlive the process; may wait for a disk. NULL:
	 * nothing has to. False with errno. */
	bool (*save)(struct quota *quota, int64_t now);

	void (*close)(struct quota *quota);
};

struct quota {
	const struct quota_class *class;
};

#endif
