#include "expect.h"

#include "quota/redis_private.h"

#include <string.h>

/* Error replies as Redis 6, 7 and Valkey write them. */
static const struct {
	const char *reply;
	const char *name;
	bool cuts;
} rows[] = {
	{ "OOM command not allowed when used memory > 'maxmemory'.", "memory",
	    false },
	{ "ERR Error running script (call to f_0123abcd): @user_script:45: "
	  "@user_script: 45: -OOM command not allowed when used memory > "
	  "'maxmemory'.",
	    "memory", false },
	{ "READONLY You can't write against a read only replica.", "readonly",
	    true },
	{ "ERR Error running script (call to f_0123abcd): @user_script:45: "
	  "@user_script: 45: -READONLY You can't write against a read only "
	  "replica.",
	    "readonly", true },
	{ "LOADING Redis is loading the dataset in memory", "loading", true },
	{ "MASTERDOWN Link with MASTER is down and replica-serve-stale-data "
	  "is set to 'no'.",
	    "loading", true },
	{ "WRONGPASS invalid username-password pair or user is disabled.",
	    "auth", true },
	{ "NOAUTH Authentication required.", "auth", true },
	{ "ERR AUTH <password> called without any password configured for the "
	  "default user. Are you sure your configuration is correct?",
	    "auth", true },
	{ "NOPERM this user has no permissions to run the 'evalsha' command",
	    "denied", true },
	{ "ERR The user executing the script can't run this command or "
	  "subcommand script: 0123abcd, on @user_script:45.",
	    "denied", true },
	{ "ERR ACL failure in script: User slotd has no permissions to run "
	  "the 'hset' command script: 0123abcd, on @user_script:45.",
	    "denied", true },
	{ "MOVED 3999 192.0.2.1:6381", "cluster", true },
	{ "CLUSTERDOWN Hash slot not served", "cluster", true },
	{ "CROSSSLOT Keys in request don't hash to the same slot", "cluster",
	    true },
	{ "MISCONF Redis is configured to save RDB snapshots, but it's "
	  "currently unable to persist to disk.",
	    "other", false },
	{ "WRONGTYPE Operation against a key holding the wrong kind of value",
	    "other", false },
	{ "ERR unknown command `OOM `, with args beginning with:", "other",
	    false },
	{ "", "other", false },
};

static void replies(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct redis_fault fault;

		redis_fault_read(&fault, span_of(rows[i].reply));
		assert_string_equal(
		    redis_error_name(fault.error), rows[i].name);
		assert_int_equal(redis_fault_cuts(&fault), rows[i].cuts);
	}
}

static void sentences(void **state)
{
	struct quota_redis_config config = { .address = "redis.example.org",
		.port = 6379 };
	struct redis_fault fault;
	char memory[1024], reply[2000];

	(void)state;
	redis_fault_set(&fault, QUOTA_REDIS_TIMEOUT, "");
	redis_fault_say(&fault, &config, memory, sizeof memory);
	assert_string_equal(memory,
	    "Redis at redis.example.org:6379: no answer in time; meanwhile "
	    "slots are refused");
	config = (struct quota_redis_config){ .unix_path = "/run/redis.sock",
		.allow_on_error = true };
	redis_fault_read(&fault, span_of("OOM command not allowed"));
	redis_fault_say(&fault, &config, memory, sizeof memory);
	assert_string_equal(memory,
	    "Redis at /run/redis.sock: its memory is full (maxmemory) (OOM "
	    "command not allowed); meanwhile slots are granted uncounted");
	/* However long, it is cut and not lost. */
	memset(reply, 'x', sizeof reply);
	redis_fault_read(&fault, (struct span){ reply, sizeof reply });
	redis_fault_say(&fault, &config, memory, sizeof memory);
	assert_non_null(strstr(memory, "x); meanwhile slots are granted"));
	assert_int_equal(strlen(fault.text), 255);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies),
		cmocka_unit_test(sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
