#include "slot/replay_private.h"

#include "core/sip.h"

#include <stdlib.h>
#include <string.h>

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

static bool has_share(const struct replay *replay, uint32_t caller)
{
	return replay->holders[caller].held < replay->share ||
	       replay->count < replay->config.max;
}

/* Without it only requests of a caller that a reload removed. */
static bool has_place(const struct replay *replay)
{
	return replay->free != NOBODY || replay->used < replay->size;
}

static enum failure judge(struct replay *replay, uint32_t caller,
    const uint8_t *print, int64_t ts, int64_t now, struct refusal *why)
{
	int64_t skew = replay->config.max_skew;
	bool fresh;

	if (ts > now + skew || ts < now - skew)
		return failure_reason(
		    FAILURE_CLOCK_SKEW, "ts is off by more than max_skew", why);
	fresh = replay_drop(replay, now);
	if (ts <= replay->dropped)
		return failure_reason(FAILURE_CLOCK_SKEW,
		    "the clock stepped back behind this ts", why);
	if (replay_has(replay, caller, print, now - skew))
		return failure_reason(
		    FAILURE_REPLAYED, "nonce seen before", why);
	/* Nobody is refused for what is too old. */
	while (!fresh && !(has_share(replay, caller) && has_place(replay)))
		fresh = replay_drop(replay, now);
	if (!has_share(replay, caller))
		return failure_reason(FAILURE_UNAVAILABLE,
		    "replay_max is reached, and this caller's share "
		    "of it is full",
		    why);
	if (!has_place(replay))
		return failure_reason(FAILURE_UNAVAILABLE,
		    "replay_max is reached twice over", why);
	replay_enter(replay, caller, print, ts);
	return FAILURE_NONE;
}

enum failure replay_check(struct replay *replay, uint32_t caller,
    struct span nonce, int64_t ts, int64_t now, struct refusal *why)
{
	uint8_t print[PRINT_SIZE];
	enum failure failure;

	/* The secret seed prevents callers from choosing nonces of one
	 * chain. */
	sip_hash(replay->config.seed, caller, nonce, print);
	pthread_mutex_lock(&replay->lock);
	failure = judge(replay, caller, print, ts, now, why);
	pthread_mutex_unlock(&replay->lock);
	return failure;
}

void replay_use(struct replay *replay, uint32_t caller, int64_t now,
    uint32_t *ret_held, uint32_t *ret_share)
{
	pthread_mutex_lock(&replay->lock);
	while (!replay_drop(replay, now)) {
		/* Requests go on meanwhile. */
		pthread_mutex_unlock(&replay->lock);
		pthread_mutex_lock(&replay->lock);
	}
	*ret_held = replay->holders[caller].held;
	*ret_share = replay->share;
	pthread_mutex_unlock(&replay->lock);
}

int64_t replay_blocked(struct replay *replay, int64_t now, int64_t *ret_back)
{
	int64_t left = 0;

	pthread_mutex_lock(&replay->lock);
	replay_drop(replay, now);
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
