#include "quota/memory.h"

#include "core/hash.h"
#include "quota/memory_private.h"

#include <stdlib.h>
#include <string.h>

/* A charge counts for up to three of these: the user, the account of its bytes
 * if that is another, and the whole domain. */
#define TARGETS_MAX 3

struct target {
	uint8_t print[PRINT_SIZE];
	struct entry *entry; /* NULL: nothing counts yet */
	uint32_t slots;      /* wanted, and the limits */
	uint64_t bytes;
	uint32_t slots_max; /* 0: none */
	uint64_t bytes_max;
};

static struct quota_memory *memory_of(struct quota *quota)
{
	return (struct quota_memory *)quota;
}

static void find(struct quota_memory *memory, char kind, struct span name,
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
}

/* Gives how many targets there are: none without limits. The account's bytes
 * count on the first. */
static size_t read_charge(struct quota_memory *memory,
    const struct quota_charge *charge, struct target targets[TARGETS_MAX])
{
	size_t count = 0;

	memset(targets, 0, TARGETS_MAX * sizeof *targets);
	if (charge->bytes_per_day) {
		struct target *account = &targets[count++];

		find(memory, 'u',
		    charge->account.len ? charge->account : charge->user,
		    account);
		account->bytes_max = charge->bytes_per_day;
		account->bytes = charge->size;
	}
	if (charge->slots_per_minute) {
		bool shared = count && !charge->account.len;
		struct target *user = &targets[shared ? 0 : count++];

		if (!shared)
			find(memory, 'u', charge->user, user);
		user->slots_max = charge->slots_per_minute;
		user->slots = 1;
	}
	if (charge->domain_bytes_per_day) {
		struct target *domain = &targets[count++];

		find(memory, 'd', charge->domain, domain);
		domain->bytes_max = charge->domain_bytes_per_day;
		domain->bytes = charge->size;
	}
	return count;
}

/* A domain alone is a user and a whole domain. */
static size_t read_user(
    struct quota_memory *memory, struct span user, struct target targets[2])
{
	memset(targets, 0, 2 * sizeof *targets);
	find(memory, 'u', user, &targets[0]);
	find(memory, 'd', user, &targets[1]);
	return span_find(user, '@') == user.len ? 2 : 1;
}

/* Removes entries on which nothing counts: else adding one target's entry
 * could drop the other's. */
static void find_entries(struct quota_memory *memory, struct target *targets,
    size_t count, int64_t now)
{
	for (size_t i = 0; i < count; i++) {
		struct target *target = &targets[i];

		target->entry = table_find(&memory->table, target->print);
		if (!target->entry ||
		    windows_next(&target->entry->windows, now))
			continue;
		table_remove(&memory->table, target->entry);
		target->entry = NULL;
	}
}

/* then: may be a while ago. */
static void lock_then(struct quota_memory *memory, struct target *targets,
    size_t count, int64_t then)
{
	pthread_mutex_lock(&memory->lock);
	find_entries(memory, targets, count, then);
}

/* now: the present time. When the clock was set back, all entries move with it:
 * users who do not come again would keep their places too long. */
static void lock_now(struct quota_memory *memory, struct target *targets,
    size_t count, int64_t now)
{
	pthread_mutex_lock(&memory->lock);
	if (memory->latest - now > WINDOWS_STEP_BACK * 1000) {
		table_set_back(&memory->table, now);
		memory->latest = now;
	} else if (now > memory->latest) {
		memory->latest = now;
	}
	find_entries(memory, targets, count, now);
}

/* Until when a limit is used up, unix seconds; 0: it is not. */
static int64_t full_until(const struct target *target, enum window window,
    uint64_t wanted, uint64_t most, int64_t now)
{
	return target->entry && most ? windows_free(&target->entry->windows,
					   window, most - wanted, now)
				     : 0;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static enum failure check(const struct target *targets, size_t count,
    int64_t now, struct refusal *why)
{
	int64_t rate = 0, quota = 0;

	for (size_t i = 0; i < count; i++) {
		if (!targets[i].bytes_max ||
		    targets[i].bytes <= targets[i].bytes_max)
			continue;
		why->retry_at = 0;
		why->detail = "size: the file is larger than the upload quota "
			      "of a day";
		return FAILURE_QUOTA_EXCEEDED;
	}
	for (size_t i = 0; i < count; i++) {
		const struct target *target = &targets[i];

		if (target->entry)
			windows_turn(&target->entry->windows, now);
		rate = later(rate, full_until(target, WINDOW_MINUTE,
				       target->slots, target->slots_max, now));
		quota =
		    later(quota, full_until(target, WINDOW_DAY, target->bytes,
				     target->bytes_max, now));
	}
	if (!rate && !quota)
		return FAILURE_NONE;
	why->retry_at = later(rate, quota);
	return quota ? FAILURE_QUOTA_EXCEEDED : FAILURE_RATE_LIMITED;
}

static void undo(
    struct quota_memory *memory, const struct target *target, int64_t now)
{
	if (!target->entry)
		return;
	windows_take_back(
	    &target->entry->windows, now, target->slots, target->bytes);
	if (!windows_next(&target->entry->windows, now))
		table_remove(&memory->table, target->entry);
}

/* False, and nothing is counted, when there is no place for one of them. */
static bool count_all(struct quota_memory *memory, struct target *targets,
    size_t count, int64_t now)
{
	for (size_t i = 0; i < count; i++) {
		struct target *target = &targets[i];

		if (!target->slots && !target->bytes)
			continue;
		if (!target->entry)
			target->entry =
			    table_add(&memory->table, target->print, now);
		if (!target->entry) {
			while (i-- > 0)
				undo(memory, &targets[i], now);
			return false;
		}
		windows_turn(&target->entry->windows, now);
		windows_add(
		    &target->entry->windows, now, target->slots, target->bytes);
		table_touch(&memory->table, target->entry, now);
	}
	return true;
}

static enum failure take(struct quota *quota, struct quota_charge *charge,
    uint64_t *ret_bytes, struct refusal *why)
{
	struct quota_memory *memory = memory_of(quota);
	struct target targets[TARGETS_MAX];
	size_t count = read_charge(memory, charge, targets);
	enum failure failure;

	*ret_bytes = 0;
	if (!count)
		return FAILURE_NONE;
	lock_now(memory, targets, count, charge->now);
	failure = check(targets, count, charge->now, why);
	if (failure == FAILURE_NONE &&
	    !count_all(memory, targets, count, charge->now)) {
		why->reason = "quota.max_users is used up: raise it";
		failure = FAILURE_UNAVAILABLE;
	}
	if (failure == FAILURE_NONE && charge->bytes_per_day &&
	    targets[0].entry)
		*ret_bytes = windows_used(
		    &targets[0].entry->windows, WINDOW_DAY, charge->now);
	pthread_mutex_unlock(&memory->lock);
	atomic_store(&memory->changed, true);
	return failure;
}

static void give_back(struct quota *quota, const struct quota_charge *charge)
{
	struct quota_memory *memory = memory_of(quota);
	struct target targets[TARGETS_MAX];
	size_t count = read_charge(memory, charge, targets);

	if (!count)
		return;
	lock_then(memory, targets, count, charge->now);
	for (size_t i = 0; i < count; i++)
		undo(memory, &targets[i], charge->now);
	pthread_mutex_unlock(&memory->lock);
	atomic_store(&memory->changed, true);
}

/* What counts in a window, and when the next part of it frees; 0: nothing. */
static uint64_t used_of(const struct target *target, enum window window,
    int64_t now, int64_t *ret_free_at)
{
	if (!target->entry)
		return 0;
	*ret_free_at =
	    windows_next_of(&target->entry->windows, window, now) * 1000;
	return windows_used(&target->entry->windows, window, now);
}

static bool use(struct quota *quota, struct span user, int64_t now,
    struct quota_use *ret_use)
{
	struct quota_memory *memory = memory_of(quota);
	struct target targets[2];
	size_t count = read_user(memory, user, targets);
	struct quota_use found = { 0 };

	lock_now(memory, targets, count, now);
	found.slots =
	    used_of(&targets[0], WINDOW_MINUTE, now, &found.slots_free_at);
	found.bytes =
	    used_of(&targets[0], WINDOW_DAY, now, &found.bytes_free_at);
	found.domain_bytes =
	    used_of(&targets[1], WINDOW_DAY, now, &found.domain_free_at);
	pthread_mutex_unlock(&memory->lock);
	*ret_use = found;
	return true;
}

static bool reset(struct quota *quota, struct span user)
{
	struct quota_memory *memory = memory_of(quota);
	struct target targets[2];
	size_t count = read_user(memory, user, targets);

	lock_then(memory, targets, count, INT64_MIN);
	for (size_t i = 0; i < count; i++)
		if (targets[i].entry)
			table_remove(&memory->table, targets[i].entry);
	pthread_mutex_unlock(&memory->lock);
	atomic_store(&memory->changed, true);
	return true;
}

static void stats(struct quota *quota, struct quota_stats *ret_stats)
{
	struct quota_memory *memory = memory_of(quota);

	pthread_mutex_lock(&memory->lock);
	*ret_stats = (struct quota_stats){ .users = memory->table.count,
		.users_max = memory->table.size };
	pthread_mutex_unlock(&memory->lock);
}

static bool save(struct quota *quota, int64_t now)
{
	struct quota_memory *memory = memory_of(quota);
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
	struct quota_memory *memory = memory_of(quota);

	table_close(&memory->table);
	pthread_mutex_destroy(&memory->lock);
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

struct quota *memory_open(const struct quota_memory_config *config, int64_t now,
    char *ret_said, size_t said_size)
{
	struct quota_memory *memory = calloc(1, sizeof *memory);

	*ret_said = '\0';
	if (!memory)
		return NULL;
	memory->quota.class = &class;
	memory->config = *config;
	memory->latest = now;
	pthread_mutex_init(&memory->saving, NULL);
	pthread_mutex_init(&memory->lock, NULL);
	if (!table_open(&memory->table, config->max_users)) {
		close_memory(&memory->quota);
		return NULL;
	}
	if (config->state_file)
		memory_load(memory, now, ret_said, said_size);
	return &memory->quota;
}
