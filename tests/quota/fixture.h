#ifndef TESTS_QUOTA_FIXTURE_H
#define TESTS_QUOTA_FIXTURE_H

#include "expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quota/memory.h"

#define T0 1732300000000LL /* unix milliseconds */
#define SECOND 1000LL
#define MINUTE 60000LL
#define HOUR 3600000LL
#define DAY 86400000LL

static struct refusal why;
static uint64_t near;

static inline struct quota *open_with(
    uint32_t max_users, const char *state_file, int64_t now, char said[256])
{
	const struct quota_memory_config config = { max_users, state_file,
		{ 7, 7, 7 } };
	struct quota *quota = memory_open(&config, now, said, 256);

	assert_non_null(quota);
	return quota;
}

static inline struct quota *open_quota(uint32_t max_users)
{
	char said[256];

	return open_with(max_users, NULL, T0, said);
}

static inline struct quota_charge charge_of(const char *user, uint64_t size,
    uint32_t slots_per_minute, uint64_t bytes_per_day, int64_t now)
{
	return (struct quota_charge){
		.user = span_of(user),
		.domain = span_of("example.org"),
		.size = size,
		.slots_per_minute = slots_per_minute,
		.bytes_per_day = bytes_per_day,
		.now = now,
	};
}

static inline enum failure take(
    struct quota *quota, struct quota_charge *charge)
{
	why = (struct refusal){ 0 };
	return quota->class->take(quota, charge, &near, &why);
}

static inline enum failure ask(struct quota *quota, const char *user,
    uint64_t size, uint32_t slots_per_minute, uint64_t bytes_per_day,
    int64_t now)
{
	struct quota_charge charge =
	    charge_of(user, size, slots_per_minute, bytes_per_day, now);

	return take(quota, &charge);
}

static inline struct quota_use use_of(
    struct quota *quota, const char *user, int64_t now)
{
	struct quota_use use;

	assert_true(quota->class->use(quota, span_of(user), now, &use));
	return use;
}

static inline uint64_t users_of(struct quota *quota)
{
	struct quota_stats stats;

	quota->class->stats(quota, &stats);
	return stats.users;
}

static inline void name_user(char name[32], int number)
{
	snprintf(name, 32, "user%d@example.org", number);
}

static inline void close_quota(struct quota *quota)
{
	quota->class->close(quota);
}

static inline int start(void **state)
{
	(void)state;
	return 0;
}

#endif
