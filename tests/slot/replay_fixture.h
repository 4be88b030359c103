#ifndef TESTS_SLOT_REPLAY_FIXTURE_H
#define TESTS_SLOT_REPLAY_FIXTURE_H

#include "expect.h"

#include "slot/replay.h"

#include <stdio.h>

#define NOW 1732300000

static inline struct replay *open_table(uint32_t max, uint32_t callers)
{
	const struct replay_config config = { 300, max, { 9 } };
	struct replay *replay = replay_open(&config);

	assert_non_null(replay);
	for (uint32_t i = 0; i < callers; i++) {
		char id[2] = { (char)('a' + i), '\0' };

		assert_int_equal(replay_caller(replay, span_of(id)), i);
	}
	assert_true(replay_share(replay, callers));
	return replay;
}

static inline enum failure check(struct replay *replay, uint32_t caller,
    const char *nonce, int64_t ts, int64_t now)
{
	struct refusal why = { 0 };

	return replay_check(replay, caller, span_of(nonce), ts, now, &why);
}

/* So many new nonces in a row are taken, and the next is not. */
static inline void fill(struct replay *replay, uint32_t caller, int count)
{
	char nonce[24];

	for (int i = 0; i < count; i++) {
		snprintf(nonce, sizeof nonce, "nonce-%d", i);
		assert_int_equal(
		    check(replay, caller, nonce, NOW, NOW), FAILURE_NONE);
	}
	assert_int_equal(
	    check(replay, caller, "one-more", NOW, NOW), FAILURE_UNAVAILABLE);
}

static inline int start(void **state)
{
	(void)state;
	return 0;
}

#endif
