#include "quota/memory.h"

#include "core/hash.h"
#include "quota/memory_private.h"

#include <stdlib.h>
#include <string.h>

/* Users a shard, about: few wait for each other's lock. */
#define SHARD_USERS 1024

/* What a charge is counted on: the user, then the domain as a whole. */
struct target {
	uint8_t print[PRINT_SIZE];
	struct shard *shard;
	struct entry *entry; /* NULL: nothing counts yet */
	uint32_t slots;      /* wanted, and the limits */
	uint64_t bytes;
	uint32_t slots_max; /* 0: none */
	uint64_t bytes_max;
};

static struct memory *memory_of(struct quota *quota)
{
	return (struct memory *)quota;
}

static void find(struct memory *memory, char kind, struct span name,
    struct target *ret_target)
{
	uint8_t digest[HASH_SIZE];
	struct hash hash;

	hash_init(&hash);
	hash_update(&hash,
	    (struct span){ (const char *)memory->config.seed, SEED_SIZE });
	hash_update(&hash, (struct span){ &kind, 1 });
	hash_update(&hash, name);
	hash_final(&hash, digest);
	memcpy(ret_target->print, digest, PRINT_SIZE);
	ret_target->shard = shard_of(memory, digest);
}

/* What counts of the charge, on whom. Gives how many there are. */
static size_t read_charge(struct memory *memory,
    const struct quota_charge *charge, struct target targets[2])
{
	size_t count = 0;

	memset(targets, 0, 2 * sizeof *targets);
	if (charge->slots_per_minute || charge->bytes_per_day) {
		struct target *user = &targets[count++];

		find(memory, 'u', charge->user, user);
		user->slots_max = charge->slots_per_minute;
		user->slots = user->slots_max ? 1 : 0;
		user->bytes_max = charge->bytes_per_day;
		user->bytes = user->bytes_max ? charge->size : 0;
	}
	if (charge->domain_bytes_per_day) {
		struct target *domain = &targets[count++];

		find(memory, 'd', charge->domain, domain);
		domain->bytes_max = charge->domain_bytes_per_day;
		domain->bytes = charge->size;
	}
	return count;
}

/* Both at once, in one order for all threads. Who is quiet has no entry from
 * then on: it could be dropped for the other one. */
static void lock(struct target *targets, size_t count, int64_t now)
{
	struct shard *a = targets[0].shard, *b = targets[count - 1].shard;

	pthread_mutex_lock(a < b ? &a->lock : &b->lock);
	if (a != b)
		pthread_mutex_lock(a < b ? &b->lock : &a->lock);
	for (size_t i = 0; i < count; i++) {
		struct target *target = &targets[i];

		target->entry = shard_find(target->shard, target->print);
		if (!target->entry ||
		    windows_next(&target->entry->windows, now))
			continue;
		shard_remove(target->shard, target->entry);
		target->entry = NULL;
	}
}

static void unlock(struct target *targets, size_t count)
{
	pthread_mutex_unlock(&targets[0].shard->lock);
	if (targets[count - 1].shard != targets[0].shard)
		pthread_mutex_unlock(&targets[count - 1].shard->lock);
}

static void fail(enum failure failure, int64_t when, struct refusal *why,
    enum failure *result)
{
	if (*result != FAILURE_QUOTA_EXCEEDED)
		*result = failure;
	if (when > why->retry_at)
		why->retry_at = when;
}

static void judge(const struct target *target, int64_t now, struct refusal *why,
    enum failure *result)
{
	struct windows *windows =
	    target->entry ? &target->entry->windows : NULL;
	int64_t when;

	if (!windows)
		return;
	windows_turn(windows, now);
	when = !target->slots_max ? 0
				  : windows_free(windows, WINDOW_MINUTE,
					target->slots_max - target->slots, now);
	if (when)
		fail(FAILURE_RATE_LIMITED, when, why, result);
	when = !target->bytes_max ? 0
				  : windows_free(windows, WINDOW_DAY,
					target->bytes_max - target->bytes, now);
	if (when)
		fail(FAILURE_QUOTA_EXCEEDED, when, why, result);
}

static enum failure check(const struct target *targets, size_t count,
    int64_t now, struct refusal *why)
{
	struct refusal found = *why;
	enum failure result = FAILURE_NONE;

	found.retry_at = 0;
	for (size_t i = 0; i < count; i++) {
		if (!targets[i].bytes_max ||
		    targets[i].bytes <= targets[i].bytes_max)
			continue;
		why->retry_at = 0;
		why->detail = "size: the file is larger than what may be "
			      "uploaded in a day";
		return FAILURE_QUOTA_EXCEEDED;
	}
	for (size_t i = 0; i < count; i++)
		judge(&targets[i], now, &found, &result);
	if (result != FAILURE_NONE)
		*why = found;
	return result;
}

static void undo(const struct target *target, int64_t now)
{
	if (!target->entry)
		return;
	windows_take_back(
	    &target->entry->windows, now, target->slots, target->bytes);
	if (!windows_next(&target->entry->windows, now))
		shard_remove(target->shard, target->entry);
}

/* False when there is no place for one of them: nothing is counted then. */
static bool count_all(struct target *targets, size_t count, int64_t now)
{
	for (size_t i = 0; i < count; i++) {
		struct target *target = &targets[i];

		if (!target->slots && !target->bytes)
			continue;
		if (!target->entry)
			target->entry =
			    shard_add(target->shard, target->print, now);
		if (!target->entry) {
			if (i)
				undo(&targets[0], now);
			return false;
		}
		windows_turn(&target->entry->windows, now);
		windows_add(
		    &target->entry->windows, now, target->slots, target->bytes);
		shard_touch(target->shard, target->entry, now);
	}
	return true;
}

static enum failure take(struct quota *quota, struct quota_charge *charge,
    uint64_t *ret_bytes, struct refusal *why)
{
	struct memory *memory = memory_of(quota);
	struct target targets[2];
	size_t count = read_charge(memory, charge, targets);
	enum failure failure;

	*ret_bytes = 0;
	if (!count)
		return FAILURE_NONE;
	lock(targets, count, charge->now);
	failure = check(targets, count, charge->now, why);
	if (failure == FAILURE_NONE &&
	    !count_all(targets, count, charge->now)) {
		why->reason = "all quota.max_users places are in use: raise it";
		failure = FAILURE_UNAVAILABLE;
	}
	if (failure == FAILURE_NONE && charge->bytes_per_day &&
	    targets[0].entry)
		*ret_bytes = windows_used(
		    &targets[0].entry->windows, WINDOW_DAY, charge->now);
	unlock(targets, count);
	atomic_store(&memory->changed, true);
	return failure;
}

static void give_back(struct quota *quota, const struct quota_charge *charge)
{
	struct memory *memory = memory_of(quota);
	struct target targets[2];
	size_t count = read_charge(memory, charge, targets);

	if (!count)
		return;
	lock(targets, count, charge->now);
	for (size_t i = 0; i < count; i++)
		undo(&targets[i], charge->now);
	unlock(targets, count);
	atomic_store(&memory->changed, true);
}

static int64_t free_at(
    const struct windows *windows, enum window window, int64_t now)
{
	return windows_next_of(windows, window, now) * 1000;
}

static bool use(struct quota *quota, struct span user, int64_t now,
    struct quota_use *ret_use)
{
	struct memory *memory = memory_of(quota);
	struct target target[2];
	struct quota_use found = { 0 };

	for (int i = 0; i < 2; i++) {
		const struct windows *windows;

		find(memory, i ? 'd' : 'u', user, &target[i]);
		lock(&target[i], 1, now);
		windows = target[i].entry ? &target[i].entry->windows : NULL;
		if (windows && i == 0) {
			found.slots = windows_used(windows, WINDOW_MINUTE, now);
			found.bytes = windows_used(windows, WINDOW_DAY, now);
			found.slots_free_at =
			    free_at(windows, WINDOW_MINUTE, now);
			found.bytes_free_at = free_at(windows, WINDOW_DAY, now);
		} else if (windows && span_find(user, '@') == user.len) {
			found.domain_bytes =
			    windows_used(windows, WINDOW_DAY, now);
			found.domain_free_at =
			    free_at(windows, WINDOW_DAY, now);
		}
		unlock(&target[i], 1);
	}
	*ret_use = found;
	return true;
}

static bool reset(struct quota *quota, struct span user)
{
	struct memory *memory = memory_of(quota);
	struct target target;
	bool domain = span_find(user, '@') == user.len;

	for (int i = 0; i < (domain ? 2 : 1); i++) {
		find(memory, i ? 'd' : 'u', user, &target);
		lock(&target, 1, INT64_MIN);
		if (target.entry)
			shard_remove(target.shard, target.entry);
		unlock(&target, 1);
	}
	atomic_store(&memory->changed, true);
	return true;
}

static void stats(struct quota *quota, struct quota_stats *ret_stats)
{
	struct memory *memory = memory_of(quota);

	*ret_stats = (struct quota_stats){ 0 };
	for (uint32_t i = 0; i < memory->shard_count; i++) {
		struct shard *shard = &memory->shards[i];

		pthread_mutex_lock(&shard->lock);
		ret_stats->users += shard->count;
		ret_stats->users_max += shard->size;
		pthread_mutex_unlock(&shard->lock);
	}
}

static bool save(struct quota *quota, int64_t now)
{
	struct memory *memory = memory_of(quota);
	bool well;

	if (!memory->config.state_file)
		return true;
	pthread_mutex_lock(&memory->saving);
	well = memory_save(memory, now);
	pthread_mutex_unlock(&memory->saving);
	return well;
}

static void close_memory(struct quota *quota)
{
	struct memory *memory = memory_of(quota);

	for (uint32_t i = 0; i < memory->shard_count; i++)
		shard_close(&memory->shards[i]);
	pthread_mutex_destroy(&memory->saving);
	free(memory);
}

static const struct quota_class class = {
	.type = "memory",
	.take = take,
	.give_back = give_back,
	.use = use,
	.reset = reset,
	.stats = stats,
	.save = save,
	.close = close_memory,
};

struct quota *quota_memory_open(const struct quota_memory_config *config,
    int64_t now, char *ret_said, size_t said_size)
{
	struct memory *memory = calloc(1, sizeof *memory);
	uint32_t shards = config->max_users / SHARD_USERS;

	*ret_said = '\0';
	if (!memory)
		return NULL;
	memory->quota.class = &class;
	memory->config = *config;
	pthread_mutex_init(&memory->saving, NULL);
	shards = shards < 1 ? 1 : shards > SHARDS_MAX ? SHARDS_MAX : shards;
	while (memory->shard_count < shards) {
		struct shard *shard = &memory->shards[memory->shard_count++];

		if (!shard_open(shard, config->max_users / shards)) {
			close_memory(&memory->quota);
			return NULL;
		}
	}
	if (config->state_file)
		memory_load(memory, now, ret_said, said_size);
	return &memory->quota;
}
