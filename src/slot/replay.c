#include "slot/replay.h"

#include "core/hash.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define NOBODY REPLAY_NOBODY
#define PRINT_SIZE 16
#define CHAINS_MIN 1024 /* a power of two */

/*
 * Entries are taken from one pool in order, so that unused memory is never
 * touched. Each is in two chains: one by fingerprint, to find it, and one by
 * the second of its ts, to drop it.
 *
 * The chains by fingerprint grow with the entries, for the same reason, by
 * linear hashing: one chain at a time is split in two, in order, so that no
 * request has to wait for all of them.
 */
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
	int64_t cut;     /* older entries were dropped */
	int64_t dropped; /* the newest ts ever dropped */
	int64_t latest;  /* the latest time of the clock */
};

/* Memory for this many chains, of which the first are empty ones. */
static uint32_t *chains_open(uint32_t count, uint32_t first)
{
	uint32_t *chains = malloc(count * sizeof *chains);

	if (chains)
		memset(chains, 0xff, first * sizeof *chains);
	return chains;
}

struct replay *replay_open(const struct replay_config *config)
{
	struct replay *replay = calloc(1, sizeof *replay);
	uint32_t chains = CHAINS_MIN;

	if (!replay)
		return NULL;
	while (chains <= config->max / 2 && chains <= (UINT32_MAX >> 2))
		chains *= 2;
	pthread_mutex_init(&replay->lock, NULL);
	replay->config = *config;
	replay->share = config->max;
	replay->size = config->max;
	replay->chains = CHAINS_MIN;
	replay->chains_max = chains;
	replay->chain_mask = CHAINS_MIN - 1;
	replay->seconds = 2 * config->max_skew + 2;
	replay->free = NOBODY;
	replay->dropped = INT64_MIN;
	replay->latest = INT64_MIN;
	replay->entries = calloc(config->max, sizeof *replay->entries);
	replay->by_print = chains_open(chains, CHAINS_MIN);
	replay->by_second = chains_open(replay->seconds, replay->seconds);
	if (!replay->entries || !replay->by_print || !replay->by_second) {
		replay_close(replay);
		return NULL;
	}
	return replay;
}

void replay_close(struct replay *replay)
{
	if (!replay)
		return;
	pthread_mutex_destroy(&replay->lock);
	free(replay->entries);
	free(replay->by_print);
	free(replay->by_second);
	free(replay->holders);
	free(replay);
}

static uint32_t find_holder(struct replay *replay, struct span id)
{
	struct holder *holders;
	struct holder *holder;

	for (uint32_t i = 0; i < replay->holder_count; i++) {
		holder = &replay->holders[i];
		if (span_equal((struct span){ holder->id, holder->id_len }, id))
			return i;
	}
	holders = realloc(
	    replay->holders, (replay->holder_count + 1) * sizeof *holders);
	if (!holders)
		return NOBODY;
	replay->holders = holders;
	holder = &holders[replay->holder_count];
	holder->id_len =
	    id.len < sizeof holder->id ? id.len : sizeof holder->id;
	memcpy(holder->id, id.at, holder->id_len);
	holder->held = 0;
	return replay->holder_count++;
}

uint32_t replay_caller(struct replay *replay, struct span id)
{
	uint32_t number;

	pthread_mutex_lock(&replay->lock);
	number = find_holder(replay, id);
	pthread_mutex_unlock(&replay->lock);
	return number;
}

/*
 * The most entries that can be held from now on. When a caller goes beyond its
 * share, there are at most max in all, and then each of the others can add its
 * share; until that happens, everybody can add a share to what is held now.
 */
static uint32_t most_ever(
    const struct replay *replay, uint32_t callers, uint32_t share)
{
	uint64_t beyond = replay->config.max + (uint64_t)(callers - 1) * share;
	uint64_t within = replay->count + (uint64_t)callers * share;
	uint64_t most = beyond > within ? beyond : within;

	return most < NOBODY ? (uint32_t)most : NOBODY - 1;
}

static bool make_room(struct replay *replay, uint32_t size)
{
	struct entry *entries;

	if (size <= replay->size)
		return true;
	entries = realloc(replay->entries, size * sizeof *entries);
	if (!entries)
		return false;
	replay->entries = entries;
	replay->size = size;
	return true;
}

bool replay_share(struct replay *replay, uint32_t callers)
{
	uint32_t max = replay->config.max, share;
	bool done;

	if (callers == 0)
		callers = 1;
	share = callers < max ? max / callers : 1;
	pthread_mutex_lock(&replay->lock);
	done = make_room(replay, most_ever(replay, callers, share));
	if (done)
		replay->share = share;
	pthread_mutex_unlock(&replay->lock);
	return done;
}

static uint32_t *print_chain(struct replay *replay, const uint8_t *print)
{
	uint32_t index;

	memcpy(&index, print, sizeof index);
	index &= replay->chain_mask;
	if (index >= replay->chains)
		index &= replay->chain_mask >> 1;
	return &replay->by_print[index];
}

/* Adds a chain, and moves what belongs there from the one that had it. */
static void split_chain(struct replay *replay)
{
	uint32_t number, *added, *at;

	if (replay->chains > replay->chain_mask)
		replay->chain_mask = replay->chain_mask << 1 | 1;
	added = &replay->by_print[replay->chains];
	at = &replay->by_print[replay->chains & replay->chain_mask >> 1];
	*added = NOBODY;
	replay->chains++;
	while ((number = *at) != NOBODY) {
		struct entry *entry = &replay->entries[number];

		if (print_chain(replay, entry->print) != added) {
			at = &entry->next_print;
			continue;
		}
		*at = entry->next_print;
		entry->next_print = *added;
		*added = number;
	}
}

static uint32_t *second_chain(struct replay *replay, int64_t ts)
{
	return &replay->by_second[(uint64_t)ts % replay->seconds];
}

static void forget(struct replay *replay, uint32_t number)
{
	struct entry *entry = &replay->entries[number];
	uint32_t *at = print_chain(replay, entry->print);

	while (*at != number)
		at = &replay->entries[*at].next_print;
	*at = entry->next_print;
	if (entry->ts > replay->dropped)
		replay->dropped = entry->ts;
	replay->holders[entry->caller].held--;
	replay->count--;
	entry->next_second = replay->free;
	replay->free = number;
}

/* Drops entries that are too old to be accepted again. */
static void drop(struct replay *replay, int64_t now)
{
	int64_t cut = now - replay->config.max_skew;
	int64_t from = replay->cut;

	if (now > replay->latest)
		replay->latest = now;
	/* The clock was set back: entries are dropped in due time, and
	 * `dropped` prevents replays. */
	if (cut <= from) {
		replay->cut = cut;
		return;
	}
	if (cut - from > replay->seconds)
		from = cut - replay->seconds;
	for (; from < cut; from++) {
		uint32_t *at = second_chain(replay, from);

		while (*at != NOBODY) {
			uint32_t number = *at;
			struct entry *entry = &replay->entries[number];

			/* After the clock was set back, a chain may also have
			 * entries of the next lap. */
			if (entry->ts >= cut) {
				at = &entry->next_second;
				continue;
			}
			*at = entry->next_second;
			forget(replay, number);
		}
	}
	replay->cut = cut;
}

static void enter(
    struct replay *replay, uint32_t caller, const uint8_t *print, int64_t ts)
{
	uint32_t number = replay->free;
	uint32_t *by_print, *by_second = second_chain(replay, ts);
	struct entry *entry;

	if (replay->count >= replay->chains &&
	    replay->chains < replay->chains_max)
		split_chain(replay);
	by_print = print_chain(replay, print);
	if (number != NOBODY)
		replay->free = replay->entries[number].next_second;
	else
		number = replay->used++;
	entry = &replay->entries[number];
	memcpy(entry->print, print, PRINT_SIZE);
	entry->ts = ts;
	entry->caller = caller;
	entry->next_print = *by_print;
	*by_print = number;
	entry->next_second = *by_second;
	*by_second = number;
	replay->holders[caller].held++;
	replay->count++;
}

static enum failure judge(struct replay *replay, uint32_t caller,
    const uint8_t *print, int64_t ts, int64_t now, struct refusal *why)
{
	int64_t skew = replay->config.max_skew;
	uint32_t at;

	if (ts > now + skew || ts < now - skew)
		return failure_reason(
		    FAILURE_CLOCK_SKEW, "ts is off by more than max_skew", why);
	drop(replay, now);
	if (ts <= replay->dropped)
		return failure_reason(FAILURE_CLOCK_SKEW,
		    "the clock stepped back behind this ts", why);
	for (at = *print_chain(replay, print); at != NOBODY;
	     at = replay->entries[at].next_print) {
		const struct entry *entry = &replay->entries[at];

		if (entry->caller == caller &&
		    memcmp(entry->print, print, PRINT_SIZE) == 0)
			return failure_reason(
			    FAILURE_REPLAYED, "nonce seen before", why);
	}
	if (replay->holders[caller].held >= replay->share &&
	    replay->count >= replay->config.max)
		return failure_reason(FAILURE_UNAVAILABLE,
		    "replay_max is reached, and this caller's share "
		    "of it is full",
		    why);
	/* Only requests of a caller that a reload removed get here. */
	if (replay->free == NOBODY && replay->used == replay->size)
		return failure_reason(FAILURE_UNAVAILABLE,
		    "replay_max is reached twice over", why);
	enter(replay, caller, print, ts);
	return FAILURE_NONE;
}

enum failure replay_check(struct replay *replay, uint32_t caller,
    struct span nonce, int64_t ts, int64_t now, struct refusal *why)
{
	uint8_t print[HASH_SIZE];
	struct hash hash;
	enum failure failure;

	/* The secret seed prevents callers from choosing nonces of one
	 * chain. */
	hash_init(&hash);
	hash_update(&hash, (struct span){ (const char *)replay->config.seed,
			       sizeof replay->config.seed });
	hash_update(
	    &hash, (struct span){ (const char *)&caller, sizeof caller });
	hash_update(&hash, nonce);
	hash_final(&hash, print);

	pthread_mutex_lock(&replay->lock);
	failure = judge(replay, caller, print, ts, now, why);
	pthread_mutex_unlock(&replay->lock);
	return failure;
}

void replay_use(struct replay *replay, uint32_t caller, int64_t now,
    uint32_t *ret_held, uint32_t *ret_share)
{
	pthread_mutex_lock(&replay->lock);
	drop(replay, now);
	*ret_held = replay->holders[caller].held;
	*ret_share = replay->share;
	pthread_mutex_unlock(&replay->lock);
}

int64_t replay_blocked(struct replay *replay, int64_t now, int64_t *ret_back)
{
	int64_t left = 0;

	pthread_mutex_lock(&replay->lock);
	drop(replay, now);
	if (now <= replay->dropped) {
		left = replay->dropped - now + 1;
		*ret_back = replay->latest - now;
	}
	pthread_mutex_unlock(&replay->lock);
	return left;
}

uint32_t replay_count(struct replay *replay)
{
	uint32_t count;

	pthread_mutex_lock(&replay->lock);
	count = replay->count;
	pthread_mutex_unlock(&replay->lock);
	return count;
}
