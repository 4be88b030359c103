#ifndef SLOT_REPLAY_H
#define SLOT_REPLAY_H

#include "core/span.h"
#include "slotd/failure.h"

/*
 * Remembers which (caller, nonce) was seen with a right signature, until its
 * time stamp is too old to be accepted anyway. Safe in any number of threads.
 */
struct replay;

struct replay_config {
	uint32_t max_skew; /* seconds */
	uint32_t max;      /* entries that are shared out */
	uint8_t seed[16];  /* random: spreads the entries */
};

/* NULL when there is no memory. */
struct replay *replay_open(const struct replay_config *config);
void replay_close(struct replay *replay);

#define REPLAY_NOBODY UINT32_MAX

/* The number of a caller, by its id of at most 64 bytes: the same as ever, or
 * a new one; REPLAY_NOBODY when there is no memory. */
uint32_t replay_caller(struct replay *replay, struct span id);

/*
 * So many callers share the table from now on: each is guaranteed
 * max / callers, at least 1. Before: one. False when there is no memory, and
 * then all is as before.
 */
bool replay_share(struct replay *replay, uint32_t callers);

/*
 * Judges a request whose signature is right, and enters it when all is well:
 * FAILURE_CLOCK_SKEW when ts is more than max_skew off, or not newer than
 * the newest that was ever dropped (so a clock that steps back opens
 * nothing); FAILURE_REPLAYED; FAILURE_UNAVAILABLE when this caller holds its
 * share and max are held in all. Below its share a caller always may enter,
 * so at most twice max are ever held. caller is its number.
 */
enum failure replay_check(struct replay *replay, uint32_t caller,
    struct span nonce, int64_t ts, int64_t now, struct refusal *why);

/*
 * For how many seconds a request that is signed now would still be refused
 * because the clock stepped back, by ret_back seconds; 0: it is judged as
 * ever, and ret_back stays untouched.
 */
int64_t replay_blocked(struct replay *replay, int64_t now, int64_t *ret_back);

/* What a caller holds now, and its share, which is guaranteed. */
void replay_use(struct replay *replay, uint32_t caller, int64_t now,
    uint32_t *ret_held, uint32_t *ret_share);

/* Entries held. */
uint32_t replay_count(struct replay *replay);

#endif
