#include "quota/redis_private.h"

#include "fuzz/fixed.h"
#include "fuzz/fuzz.h"
#include "fuzz/targets.h"
#include "service/clock.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What Redis answers, or whoever is there: numbers that can be, or a fault that
 * has a name and a sentence. */

#define NUMBER_MAX (INT64_C(1) << 53)

static const struct quota_redis_config redis = { .address = "127.0.0.1",
	.port = 6379,
	.prefix = { "slotd:", 6 },
	.timeout_ms = 1000,
	.clock = clock_micros };

/* A connection on which this was answered before anything was asked. */
static void begin(struct span answer, struct redis_link *ret_link, int *ret_far)
{
	int pair[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	must(write(pair[1], answer.at, answer.len) == (ssize_t)answer.len);
	must(shutdown(pair[1], SHUT_WR) == 0);
	*ret_far = pair[1];
	*ret_link = (struct redis_link){ .config = &redis,
		.socket = pair[0],
		.reader = redis_reader_open(),
		.until = clock_micros() + 1000000 };
	must(ret_link->reader);
}

static void check_fault(const struct redis_link *link)
{
	char said[1024];

	must(link->fault.error > QUOTA_REDIS_NONE &&
	     link->fault.error < QUOTA_REDIS_ERRORS);
	must(*redis_error_name(link->fault.error));
	redis_fault_say(&link->fault, &redis, said, sizeof said);
	must(*said);
}

static void end(struct redis_link *link, int far)
{
	redis_link_close(link);
	close(far);
}

static void check_call(struct span answer, bool plain, unsigned count)
{
	const struct quota_nonce nonce = { .caller = { "c", 1 },
		.nonce = { "12345678", 8 },
		.domain = { "b", 1 },
		.until = FIXED_NOW };
	int64_t numbers[8];
	struct redis_call call;
	struct redis_link link;
	int far;

	begin(answer, &link, &far);
	if (plain)
		redis_call_init_set(
		    &call, &redis, &nonce, FIXED_NOW * INT64_C(1000));
	else
		redis_call_init(&call, &redis, "use", FIXED_NOW * INT64_C(1000),
		    span_of("b"), span_of("a@b"));
	if (redis_call_run(&call, &link, count, numbers))
		for (unsigned i = 0; i < count; i++)
			must(numbers[i] >= 0 && numbers[i] <= NUMBER_MAX);
	else
		check_fault(&link);
	end(&link, far);
}

static void check_load(struct span answer)
{
	struct redis_link link;
	int far;

	begin(answer, &link, &far);
	if (!redis_call_load(&link))
		check_fault(&link);
	must(memchr(link.script, '\0', sizeof link.script));
	end(&link, far);
}

static void run_redis(struct span input)
{
	check_call(input, true, 1);
	check_call(input, false, 1);
	check_call(input, false, 4);
	check_load(input);
}

const struct fuzz_target redis_targets[] = {
	{ "quota-redis", 512, NULL, run_redis },
	{ NULL, 0, NULL, NULL },
};
