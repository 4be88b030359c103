#ifndef SLOT_REPLAY_H
#define SLOT_REPLAY_H

#include "core/span.h"
#include "slotd/failure.h"

/*
 * Remembers each (caller, nonce) that came with a right signature, until its
 * time stamp is too old to be accepted anyway. Any thread.
 */
struct replay;

struct replay_config {
	uint32_t max_skew; /* seconds */
	uint32_t max;      /* entries for all callers together */
	uint8_t seed[16];  /* random: the seed of the hash */
};

/* NULL when there is no memory. */
struct replay *replay_open(const struct replay_config *config);
void replay_close(struct replay *replay);

#define REPLAY_NOBODY UINT32_MAX

/* The number of the caller with this id of at most 64 bytes: always the same
 * for one id. REPLAY_NOBODY: out of memory. */
uint32_t replay_caller(struct replay *replay, struct span id);

/*
 * Sets how many callers share the table (at first one): each is guaranteed
 * max / callers entries, at least 1. False, with nothing changed: out of
 * memory.
 */
bool replay_share(struct replay *replay, uint32_t callers);

/*
 * Checks a request whose signature is right, and remembers it if it is
 * accepted. caller is the caller's number. Gives
 *   FAILURE_CLOCK_SKEW when ts is off by more than max_skew, or is not newer
 *     than the newest entry that was ever dropped, so that setting the clock
 *     back allows no replays;
 *   FAILURE_REPLAYED when the nonce was seen before;
 *   FAILURE_UNAVAILABLE when this caller holds its share or more, and all
 *     callers together hold max.
 * Below its share a caller is never refused for lack of room, so the table
 * holds up to twice max.
 */
enum failure replay_check(struct replay *replay, uint32_t caller,
    struct span nonce, int64_t ts, int64_t now, struct refusal *why);

/*
 * For how many more seconds new requests are refused because the clock was set
 * back, by *ret_back seconds; 0: they are not, and ret_back is untouched.
 */
int64_t replay_blocked(struct replay *replay, int64_t now, int64_t *ret_back);

/* The entries that a caller holds, and the share it is guaranteed. */
void replay_use(struct replay *replay, uint32_t caller, int64_t now,
    uint32_t *ret_held, uint32_t *ret_share);

/* The entries of all callers. */
uint32_t replay_count(struct replay *replay);

#endif
