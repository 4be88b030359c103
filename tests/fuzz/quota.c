#include "fuzz/fixed.h"
#include "fuzz/fuzz.h"
#include "fuzz/house.h"
#include "fuzz/targets.h"
#include "quota/memory_private.h"

#include <gnutls/crypto.h>
#include <string.h>
#include <unistd.h>

/* The counter in memory: its state file, and how long a grant counts. */

#define NOW ((int64_t)FIXED_NOW * 1000)

/* --- the state file -------------------------------------------------------*/

#define USERS 32
#define STATE_MAX 8192
#define DIGEST 32
#define RECORD (PRINT_SIZE + sizeof(struct windows))

/* Head, records, SHA-256: as memory_file.c tells. */
struct state {
	size_t len;
	uint8_t bytes[STATE_MAX];
};

static void add(struct state *state, const void *bytes, size_t len)
{
	must(len <= sizeof state->bytes - state->len);
	memcpy(state->bytes + state->len, bytes, len);
	state->len += len;
}

/* A whole file of these records, so that a reader believes it. */
static void make(struct span records, struct state *ret_state)
{
	static const char magic[16] = "slotd quota 1\n";
	const uint32_t order = 0x01020304, size = RECORD;
	const uint64_t count = records.len / RECORD;
	const uint8_t seed[SEED_SIZE] = { 0 };
	uint8_t digest[DIGEST];

	ret_state->len = 0;
	add(ret_state, magic, sizeof magic);
	add(ret_state, &order, sizeof order);
	add(ret_state, &size, sizeof size);
	add(ret_state, &count, sizeof count);
	add(ret_state, seed, sizeof seed);
	add(ret_state, records.at, count * RECORD);
	must(gnutls_hash_fast(GNUTLS_DIG_SHA256, ret_state->bytes,
		 ret_state->len, digest) == 0);
	add(ret_state, digest, sizeof digest);
}

static struct quota_memory *load(const char *path, char ret_said[256])
{
	const struct quota_memory_config config = { .max_users = USERS,
		.state_file = path };
	struct quota *quota = memory_open(&config, NOW, ret_said, 256);

	must(quota);
	return (struct quota_memory *)quota;
}

/* Whatever a record says, both windows agree with themselves. */
static void check_windows(const struct windows *windows, enum window window)
{
	const uint64_t used = windows_used(windows, window, NOW);

	must(!used == !windows_next_of(windows, window, NOW));
	must(!used == !windows_free(windows, window, 0, NOW));
	must(!windows_free(windows, window, used, NOW));
}

static void check_table(const struct table *table)
{
	must(table->count <= USERS);
	for (uint32_t i = LISTS; i < table->used; i++) {
		check_windows(&table->entries[i].windows, WINDOW_MINUTE);
		check_windows(&table->entries[i].windows, WINDOW_DAY);
	}
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, RECORD);
}

/* Saves it, and gives the file with its records in a fixed order: their own is
 * by age alone. */
static void save(
    struct quota_memory *memory, const char *path, struct state *ret_state)
{
	const size_t head = 32 + SEED_SIZE;
	FILE *file;

	/* Else there is nothing to save. */
	must(memory->quota.class->reset(&memory->quota, span_of("a@b")));
	must(memory->quota.class->save(&memory->quota, NOW));
	file = fopen(path, "rb");
	must(file);
	ret_state->len =
	    fread(ret_state->bytes, 1, sizeof ret_state->bytes, file);
	fclose(file);
	must(ret_state->len >= head + DIGEST);
	must((ret_state->len - head - DIGEST) % RECORD == 0);
	ret_state->len -= DIGEST;
	qsort(ret_state->bytes + head, (ret_state->len - head) / RECORD, RECORD,
	    by_bytes);
}

static void check_saved(struct quota_memory *memory, const char *path)
{
	static struct state first, second;
	char said[256];
	struct quota_memory *again;

	save(memory, path, &first);
	again = load(path, said);
	must(!*said && again->table.count == memory->table.count);
	check_table(&again->table);
	save(again, path, &second);
	must(first.len == second.len);
	must(memcmp(first.bytes, second.bytes, first.len) == 0);
	again->quota.class->close(&again->quota);
}

/* It goes on counting. */
static void check_counting(struct quota_memory *memory)
{
	struct quota_charge charge = { .user = span_of("juliet@b"),
		.domain = span_of("b"),
		.size = 5,
		.slots_per_minute = 3,
		.bytes_per_day = 9,
		.now = NOW };
	struct refusal why = { 0 };
	uint64_t bytes;
	const enum failure failure =
	    memory->quota.class->take(&memory->quota, &charge, &bytes, &why);

	must(failure == FAILURE_NONE ||
	     (failure == FAILURE_UNAVAILABLE && memory->table.count == USERS));
	must(bytes == (failure == FAILURE_NONE ? 5 : 0));
	check_table(&memory->table);
}

/* Gives whether it was refused. */
static bool check_file(const struct state *state)
{
	char path[128], said[256];
	struct quota_memory *memory;
	bool refused;

	snprintf(path, sizeof path, "%s",
	    house_write("state", state->bytes, state->len));
	memory = load(path, said);
	refused = *said && !strstr(said, "users do not fit");
	/* All of it or nothing. */
	must(!refused || !memory->table.count);
	check_table(&memory->table);
	check_saved(memory, path);
	check_counting(memory);
	memory->quota.class->close(&memory->quota);
	return refused;
}

/* As it is, as records of a whole file, and with one bit of that changed. */
static void run_state(struct span input)
{
	static struct state state;

	state.len = 0;
	add(&state, input.at, input.len);
	check_file(&state);
	make(input, &state);
	must(!check_file(&state));
	state.bytes[input.len % state.len] ^= 1;
	must(check_file(&state));
}

/* --- grants and time ------------------------------------------------------*/

#define NAMES 4
#define GRANTS_MAX 1024
#define STEP 3 /* bytes of the input: a user, a time that passes, a size */
/* How long a grant counts at least, and at most: a part of the window more,
 * and a second by rounding. */
#define MINUTE 60000
#define MINUTE_MOST 71000
#define DAY 86400000
#define DAY_MOST 96001000

struct grant {
	unsigned user;
	int64_t at;
	uint64_t size;
};

struct history {
	size_t count;
	struct grant grants[GRANTS_MAX];
};

static struct span name_of(unsigned user)
{
	static const char *const names[NAMES] = { "a@b", "c@b", "d", "e@f" };

	return (struct span){ names[user], strlen(names[user]) };
}

/* The sums of what a user was granted so long ago at most. */
static uint64_t sum(
    const struct history *history, unsigned user, int64_t from, bool bytes)
{
	uint64_t all = 0;

	for (size_t i = 0; i < history->count; i++)
		if (history->grants[i].user == user &&
		    history->grants[i].at > from)
			all += bytes ? history->grants[i].size : 1;
	return all;
}

static void check_use(struct quota_memory *memory,
    const struct history *history, unsigned user, int64_t now)
{
	struct quota_use use;

	must(
	    memory->quota.class->use(&memory->quota, name_of(user), now, &use));
	must(use.slots >= sum(history, user, now - MINUTE, false));
	must(use.slots <= sum(history, user, now - MINUTE_MOST, false));
	must(use.bytes >= sum(history, user, now - DAY, true));
	must(use.bytes <= sum(history, user, now - DAY_MOST, true));
	must(!use.slots == !use.slots_free_at);
	must(!use.bytes == !use.bytes_free_at);
	must(!use.slots || use.slots_free_at > now);
	must(!use.bytes || use.bytes_free_at > now);
}

static void grant(struct quota_memory *memory, struct history *history,
    unsigned user, uint64_t size, int64_t now)
{
	struct quota_charge charge = { .user = name_of(user),
		.domain = span_of("b"),
		.size = size,
		.slots_per_minute = 4095,
		.bytes_per_day = (uint64_t)1 << 40,
		.now = now };
	struct refusal why = { 0 };
	uint64_t bytes;

	must(memory->quota.class->take(&memory->quota, &charge, &bytes, &why) ==
	     FAILURE_NONE);
	must(bytes >= size);
	history->grants[history->count++] = (struct grant){ user, now, size };
}

/* After a restart the same counts. */
static void check_restart(struct quota_memory *memory, const char *path,
    const struct history *history, int64_t now)
{
	const struct quota_memory_config config = { .max_users = USERS,
		.state_file = path };
	char said[256];
	struct quota *again;

	must(memory->quota.class->save(&memory->quota, now));
	again = memory_open(&config, now, said, sizeof said);
	must(again && !*said);
	for (unsigned i = 0; i < NAMES; i++) {
		struct quota_use before, after;

		memory->quota.class->use(
		    &memory->quota, name_of(i), now, &before);
		again->class->use(again, name_of(i), now, &after);
		must(memcmp(&before, &after, sizeof before) == 0);
		check_use((struct quota_memory *)again, history, i, now);
	}
	again->class->close(again);
}

/* Each grant counts as long as it should, and is kept over a restart. */
static void run_counts(struct span input)
{
	static struct history history;
	char path[128], said[256];
	struct quota_memory *memory;
	int64_t now = NOW;

	snprintf(path, sizeof path, "%s/counts", house_folder());
	unlink(path);
	memory = load(path, said);
	must(!*said);
	history.count = 0;
	for (size_t i = 0; i + STEP <= input.len && i < STEP * GRANTS_MAX;
	     i += STEP) {
		const uint8_t *at = (const uint8_t *)input.at + i;
		const unsigned user = at[0] % NAMES;

		now += at[0] & 0x80 ? at[1] * 400000 : at[1] * 500;
		grant(memory, &history, user,
		    (uint64_t)at[2] << (at[0] / 8 % 8), now);
		check_use(memory, &history, user, now);
		check_use(memory, &history, (user + 1) % NAMES, now);
	}
	check_restart(memory, path, &history, now);
	memory->quota.class->close(&memory->quota);
}

const struct fuzz_target quota_targets[] = {
	{ "quota-state", 2048, NULL, run_state },
	{ "quota-counts", 300, NULL, run_counts },
	{ NULL, 0, NULL, NULL },
};
