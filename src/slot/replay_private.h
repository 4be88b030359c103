#ifndef SLOT_REPLAY_PRIVATE_H
#define SLOT_REPLAY_PRIVATE_H

#include "slot/replay.h"

#include <pthread.h>

/* What replay.c and replay_chains.c share. */

#define NOBODY REPLAY_NOBODY
#define PRINT_SIZE 16
#define CHAINS_MIN 1024 /* a power of two */

struct entry {
	uint8_t print[PRINT_SIZE];
	int64_t ts;
	uint32_t caller;
	uint32_t next_print;
	uint32_t next_second;
};

struct holder {
	char id[64];
	size_t id_len;
	uint32_t held; /* entries */
};

struct replay {
	pthread_mutex_t lock;
	struct replay_config config;
	uint32_t share; /* guaranteed to each caller */
	struct entry *entries;
	uint32_t size; /* of entries */
	uint32_t used; /* entries ever taken from the pool */
	uint32_t free; /* chain of returned ones, by next_second */
	uint32_t count;
	uint32_t *by_print;
	uint32_t chains;     /* of by_print, in use */
	uint32_t chains_max; /* a power of two */
	uint32_t chain_mask; /* the least that reaches all of them */
	uint32_t *by_second;
	uint32_t seconds;
	struct holder *holders;
	uint32_t holder_count;
	int64_t cut;     /* entries of earlier seconds were dropped */
	int64_t dropped; /* the newest ts ever dropped */
	int64_t latest;  /* the latest time of the clock */
};

/* replay_chains.c, under the lock */

/* Whether this caller has an entry with this fingerprint whose ts is not below
 * oldest: those below may not have been dropped yet. */
bool replay_has(struct replay *replay, uint32_t caller, const uint8_t *print,
    int64_t oldest);

/* Adds one, for which there is a place. */
void replay_enter(
    struct replay *replay, uint32_t caller, const uint8_t *print, int64_t ts);

/* Drops entries that are too old to be accepted again, some of them at one
 * call. Whether none remains. */
bool replay_drop(struct replay *replay, int64_t now);

#endif
