#ifndef QUOTA_REDIS_H
#define QUOTA_REDIS_H

#include "slotd/quota.h"

#include <stddef.h>

/*
 * The counter in Redis (6 or later) or Valkey, which any number of processes
 * share. Its keys: PREFIX{DOMAIN}:u:HASH of a user, PREFIX{DOMAIN}:d of a
 * domain, PREFIX{DOMAIN}:n:CALLER:NONCE. HASH is half of the bare JID's
 * SHA-256, in hex. All of them expire.
 */
struct quota_redis_config {
	const char *address; /* a name or an address; NULL: unix_path */
	uint16_t port;
	const char *unix_path;
	bool tls;
	const char *tls_ca;   /* a PEM file; NULL: the system's authorities */
	struct span username; /* empty: the default user */
	struct span password; /* empty: none is sent */
	unsigned database;
	struct span prefix;
	uint32_t timeout_ms; /* of one call as a whole */
	bool allow_on_error; /* else FAILURE_UNAVAILABLE */
	unsigned pool;       /* connections at most, one for each thread that
	                      * calls */

	/* clock: microseconds, monotonic. say: gets a sentence for the
	 * operator, from any thread; NULL: no one does. */
	int64_t (*clock)(void);
	void (*say)(void *argument, bool warning, const char *text);
	void *say_argument;
};

/*
 * Keeps a copy of the configuration. A thread of its own makes the connections,
 * so Redis need not be there, and calls do not wait while it is known to be
 * away. NULL, with a sentence in wrong: no memory, no thread, or tls_ca cannot
 * be read.
 */
struct quota *redis_open(
    const struct quota_redis_config *config, char *wrong, size_t wrong_size);

/* What can be wrong with it. */
enum quota_redis_error {
	QUOTA_REDIS_NONE,
	QUOTA_REDIS_TIMEOUT,    /* no answer in timeout_ms */
	QUOTA_REDIS_CONNECTION, /* not found, refused, or cut */
	QUOTA_REDIS_TLS,
	QUOTA_REDIS_AUTH,     /* wrong user or password */
	QUOTA_REDIS_DENIED,   /* a user without the rights */
	QUOTA_REDIS_MEMORY,   /* maxmemory is reached */
	QUOTA_REDIS_READONLY, /* a replica answers */
	QUOTA_REDIS_LOADING,  /* it starts, or its own master is gone */
	QUOTA_REDIS_CLUSTER,
	QUOTA_REDIS_OTHER,
	QUOTA_REDIS_ERRORS
};

/* "timeout", "connection", …: for metrics. */
const char *redis_error_name(enum quota_redis_error error);

#define QUOTA_REDIS_BUCKETS 9
/* Upper bounds in microseconds; the last bucket has none. */
extern const int64_t redis_bounds[QUOTA_REDIS_BUCKETS - 1];

struct quota_redis_stats {
	uint64_t calls[QUOTA_REDIS_BUCKETS]; /* answered; not cumulative */
	uint64_t micros;                     /* sum of their durations */
	uint64_t errors[QUOTA_REDIS_ERRORS]; /* calls and connects */
	uint64_t undone;                     /* calls that on_error decided */
	/* Whether Redis counts: the last call or probe that writes did. */
	bool up;
	unsigned open; /* connections */
};

/* False when it is not of type "redis". */
bool redis_stats(struct quota *quota, struct quota_redis_stats *ret_stats);

#endif
