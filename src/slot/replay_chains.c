/*
 * Entries are taken from one pool in order, so that unused memory is never
 * touched. Each is in two chains: one by fingerprint, to find it, and one by
 * the second of its ts, to drop it.
 *
 * The chains by fingerprint grow with the entries, for the same reason, by
 * linear hashing: one chain at a time is split in two, in order, so that no
 * request has to wait for all of them.
 */
#include "slot/replay_private.h"

#include <string.h>

/* A request enters one entry and drops up to so many: those of a busy second,
 * or of all seconds after a quiet time, do not make one request wait. */
#define DROPS 32

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

/* Drops the entries of a second that are older than cut, until *left have been
 * dropped. Whether no such entry remains. */
static bool drop_second(
    struct replay *replay, int64_t second, int64_t cut, unsigned *left)
{
	uint32_t *at = second_chain(replay, second);

	while (*at != NOBODY) {
		uint32_t number = *at;
		struct entry *entry = &replay->entries[number];

		/* After the clock was set back, or while dropping is behind, a
		 * chain may also have entries of the next lap. */
		if (entry->ts >= cut) {
			at = &entry->next_second;
			continue;
		}
		if (*left == 0)
			return false;
		--*left;
		*at = entry->next_second;
		forget(replay, number);
	}
	return true;
}

bool replay_drop(struct replay *replay, int64_t now)
{
	int64_t cut = now - replay->config.max_skew;
	unsigned left = DROPS;

	if (now > replay->latest)
		replay->latest = now;
	/* If the clock was set back, entries are dropped in due time, and
	 * `dropped` prevents replays. Otherwise one lap reaches all chains. */
	if (cut <= replay->cut)
		replay->cut = cut;
	else if (cut - replay->cut > replay->seconds)
		replay->cut = cut - replay->seconds;
	for (; replay->cut < cut; replay->cut++)
		if (!drop_second(replay, replay->cut, cut, &left))
			return false;
	return true;
}

void replay_enter(
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

bool replay_has(struct replay *replay, uint32_t caller, const uint8_t *print,
    int64_t oldest)
{
	uint32_t at = *print_chain(replay, print);

	while (at != NOBODY) {
		const struct entry *entry = &replay->entries[at];

		if (entry->caller == caller && entry->ts >= oldest &&
		    memcmp(entry->print, print, PRINT_SIZE) == 0)
			return true;
		at = entry->next_print;
	}
	return false;
}
