#include "quota/redis.h"

#include "quota/redis_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct quota_redis {
	struct quota quota;
	struct redis_pool *pool;
	const struct quota_redis_config *config; /* the pool's copy */
};

static struct quota_redis *of(struct quota *quota)
{
	return (struct quota_redis *)quota;
}

/* Makes a call on a connection of this thread. False: on_error decides.
 * writes: it changes something in Redis when its first number is 0. */
static bool ask(struct quota_redis *redis, struct redis_call *call, bool writes,
    unsigned count, int64_t *ret_numbers)
{
	int64_t begin = redis->config->clock();
	int64_t until = begin + 1000 * (int64_t)redis->config->timeout_ms;
	struct redis_link link;

	if (!buf_ok(&call->text) || !redis_pool_take(redis->pool, until, &link))
		return false;
	link.until = until;
	if (!redis_call_run(call, &link, count, ret_numbers)) {
		redis_pool_fail(redis->pool, &link);
		return false;
	}
	redis_pool_give(redis->pool, &link, redis->config->clock() - begin,
	    writes && ret_numbers[0] == 0);
	return true;
}

static enum failure on_error(
    const struct quota_redis *redis, struct refusal *why)
{
	if (redis->config->allow_on_error)
		return FAILURE_NONE;
	why->reason = "Redis cannot be asked, and quota.on_error is refuse";
	return FAILURE_UNAVAILABLE;
}

static enum failure replayed(struct refusal *why)
{
	why->reason = "nonce seen before, maybe by another process";
	return FAILURE_REPLAYED;
}

/* Redis' clock decides when a slot is free; Retry-After is by ours. */
static int64_t by_our_clock(int64_t second, int64_t theirs, int64_t ours)
{
	int64_t ahead = theirs - ours;

	/* A difference below a second may be the time that the answer took. */
	if (second == 0 || (ahead >= 0 && ahead < 1000))
		return second;
	/* Rounded up: never too early. */
	return (second * 1000 - ahead) / 1000 + 1;
}

/* A charge without limits writes nothing. */
static bool writes(const struct quota_charge *charge)
{
	return charge->nonce || charge->slots_per_minute ||
	       (charge->size &&
		   (charge->bytes_per_day || charge->domain_bytes_per_day));
}

static enum failure take(struct quota *quota, struct quota_charge *charge,
    uint64_t *ret_bytes, struct refusal *why)
{
	struct quota_redis *redis = of(quota);
	int64_t numbers[4];
	struct redis_call call;

	redis_call_init(
	    &call, redis->config, "take", 0, charge->domain, charge->user);
	redis_call_charge(&call, charge);
	redis_call_nonce(&call, charge->domain, charge->nonce, charge->now);
	*ret_bytes = 0;
	if (!ask(redis, &call, writes(charge), 4, numbers)) {
		charge->now = 0;
		return on_error(redis, why);
	}
	if (numbers[0] == 3)
		return replayed(why);
	if (numbers[0] != 0) {
		why->retry_at =
		    by_our_clock(numbers[2], numbers[1], charge->now);
		return numbers[0] == 1 ? FAILURE_RATE_LIMITED
				       : FAILURE_QUOTA_EXCEEDED;
	}
	charge->now = numbers[1];
	*ret_bytes = (uint64_t)numbers[3];
	return FAILURE_NONE;
}

/* If Redis cannot be asked, the slot stays counted: the user may upload a
 * little less than the limits allow, never more. */
static void give_back(struct quota *quota, const struct quota_charge *charge)
{
	struct quota_redis *redis = of(quota);
	struct redis_call call;
	int64_t number;

	if (charge->now == 0)
		return;
	redis_call_init(&call, redis->config, "back", charge->now,
	    charge->domain, charge->user);
	redis_call_charge(&call, charge);
	ask(redis, &call, false, 1, &number);
}

/* What follows the '@', or all of it, without the purpose of an account. */
static struct span domain_of(struct span user)
{
	size_t at = span_find(user, '@');
	struct span domain = at < user.len ? span_from(user, at + 1) : user;

	return span_first(domain, span_find(domain, '/'));
}

static bool use(struct quota *quota, struct span user, int64_t now,
    struct quota_use *ret_use)
{
	struct quota_redis *redis = of(quota);
	struct span domain = domain_of(user);
	int64_t numbers[6];
	struct redis_call call;

	(void)now;
	redis_call_init(&call, redis->config, "use", 0, domain, user);
	if (!ask(redis, &call, false, 6, numbers))
		return false;
	*ret_use = (struct quota_use){
		.slots = (uint64_t)numbers[0],
		.slots_free_at = numbers[1] * 1000,
		.bytes = (uint64_t)numbers[2],
		.bytes_free_at = numbers[3] * 1000,
	};
	if (domain.len == user.len) {
		ret_use->domain_bytes = (uint64_t)numbers[4];
		ret_use->domain_free_at = numbers[5] * 1000;
	}
	return true;
}

static bool reset(struct quota *quota, struct span user)
{
	struct quota_redis *redis = of(quota);
	struct span domain = domain_of(user);
	struct redis_call call;
	int64_t number;

	redis_call_init(&call, redis->config, "reset", 0, domain, user);
	redis_call_number(&call, domain.len == user.len);
	return ask(redis, &call, false, 1, &number);
}

static enum failure enter_nonce(struct quota *quota,
    const struct quota_nonce *nonce, int64_t now, struct refusal *why)
{
	struct quota_redis *redis = of(quota);
	struct redis_call call;
	int64_t number;

	redis_call_init_set(&call, redis->config, nonce, now);
	if (!ask(redis, &call, true, 1, &number))
		return on_error(redis, why);
	return number == 0 ? FAILURE_NONE : replayed(why);
}

static void close_redis(struct quota *quota)
{
	redis_pool_close(of(quota)->pool);
	free(quota);
}

static const struct quota_class class = {
	.type = "redis",
	.waits = true,
	.take = take,
	.give_back = give_back,
	.use = use,
	.reset = reset,
	.nonce = enter_nonce,
	.close = close_redis,
};

bool redis_stats(struct quota *quota, struct quota_redis_stats *ret_stats)
{
	if (quota->class != &class)
		return false;
	redis_pool_stats(of(quota)->pool, ret_stats);
	return true;
}

static struct span copy(char **end, struct span text)
{
	struct span kept = { *end, text.len };

	if (text.len)
		memcpy(*end, text.at, text.len);
	*end += text.len + 1;
	return kept;
}

/* In one block with its strings, each ended by NUL: a reload frees the
 * caller's. */
static struct quota_redis_config *copy_config(
    const struct quota_redis_config *config)
{
	const struct span address = span_of(config->address);
	const struct span path = span_of(config->unix_path);
	const struct span ca = span_of(config->tls_ca);
	struct quota_redis_config *own =
	    calloc(1, sizeof *own + address.len + path.len + ca.len +
			  config->username.len + config->password.len +
			  config->prefix.len + 6);
	char *end;

	if (!own)
		return NULL;
	end = (char *)(own + 1);
	*own = *config;
	own->address = config->address ? copy(&end, address).at : NULL;
	own->unix_path = config->unix_path ? copy(&end, path).at : NULL;
	own->tls_ca = config->tls_ca ? copy(&end, ca).at : NULL;
	own->username = copy(&end, config->username);
	own->password = copy(&end, config->password);
	own->prefix = copy(&end, config->prefix);
	return own;
}

struct quota *redis_open(
    const struct quota_redis_config *config, char *wrong, size_t wrong_size)
{
	struct quota_redis *redis = calloc(1, sizeof *redis);
	struct quota_redis_config *own = copy_config(config);

	snprintf(wrong, wrong_size, "out of memory");
	if (redis && own) {
		redis->quota.class = &class;
		redis->config = own;
		redis->pool = redis_pool_open(own, wrong, wrong_size);
		if (redis->pool)
			return &redis->quota;
	} else {
		free(own);
	}
	free(redis);
	return NULL;
}
