#include "quota/redis.h"

#include "quota/redis_private.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct quota_redis {
	struct quota quota;
	struct redis_pool *pool;
};

static struct quota_redis *of(struct quota *quota)
{
	return (struct quota_redis *)quota;
}

static enum failure on_error(
    const struct quota_redis *redis, struct refusal *why)
{
	if (redis->pool->config.allow_on_error)
		return FAILURE_NONE;
	why->reason = "Redis cannot be asked, and quota.on_error is refuse";
	return FAILURE_UNAVAILABLE;
}

static enum failure replayed(struct refusal *why)
{
	why->reason = "nonce seen before, maybe by another process";
	return FAILURE_REPLAYED;
}

/* Redis' clock is the one that counts; but Retry-After is by ours. */
static int64_t by_our_clock(int64_t second, int64_t theirs, int64_t ours)
{
	int64_t ahead = theirs - ours;

	/* What is below a second may as well be the way there; but never too
	 * early. */
	if (second == 0 || (ahead >= 0 && ahead < 1000))
		return second;
	return (second * 1000 - ahead) / 1000 + 1;
}

/* Nothing is written where nothing is limited. */
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
	const struct quota_nonce *nonce = charge->nonce;
	int64_t numbers[4];
	struct redis_call call;

	redis_call_init(&call, &redis->pool->config, "take", 0);
	redis_call_charge(&call, charge);
	if (nonce)
		redis_key_nonce(
		    &call.keys[2], call.config, charge->domain, nonce);
	redis_call_number(
	    &call, nonce ? (uint64_t)redis_nonce_life(nonce, charge->now) : 0);
	*ret_bytes = 0;
	if (!redis_ask_numbers(
		redis->pool, &call, writes(charge), 4, numbers)) {
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

/* If that fails it stays counted: a little less is given than could be. */
static void give_back(struct quota *quota, const struct quota_charge *charge)
{
	struct quota_redis *redis = of(quota);
	struct redis_call call;
	int64_t number;

	if (charge->now == 0)
		return;
	redis_call_init(&call, &redis->pool->config, "back", charge->now);
	redis_call_charge(&call, charge);
	redis_ask_numbers(redis->pool, &call, false, 1, &number);
}

/* What follows the '@', or all of it. */
static struct span domain_of(struct span user)
{
	size_t at = span_find(user, '@');

	return at < user.len ? span_from(user, at + 1) : user;
}

static bool use(struct quota *quota, struct span user, int64_t now,
    struct quota_use *ret_use)
{
	struct quota_redis *redis = of(quota);
	struct span domain = domain_of(user);
	int64_t numbers[6];
	struct redis_call call;

	(void)now;
	redis_call_init(&call, &redis->pool->config, "use", 0);
	redis_call_about(&call, domain, user);
	if (!redis_ask_numbers(redis->pool, &call, false, 6, numbers))
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
	struct span words[3] = { span_of("DEL") };
	const struct redis_form form = { .type = REDIS_REPLY_INTEGER };
	redisReply *reply;

	redis_call_init(&call, &redis->pool->config, "", 0);
	redis_call_about(&call, domain, user);
	if (!buf_ok(&call.keys[0]) || !buf_ok(&call.keys[1]))
		return false;
	words[1] = buf_span(&call.keys[0]);
	words[2] = buf_span(&call.keys[1]);
	reply = redis_ask_command(
	    redis->pool, &form, words, domain.len == user.len ? 3 : 2);
	redis_reply_free(reply);
	return reply != NULL;
}

static enum failure nonce_enter(struct quota *quota,
    const struct quota_nonce *nonce, int64_t now, struct refusal *why)
{
	struct quota_redis *redis = of(quota);
	const struct quota_redis_config *config = &redis->pool->config;
	char key_memory[REDIS_KEY_MAX], life_memory[24];
	struct buf key, life;
	struct span words[6] = { span_of("SET"), SPAN_EMPTY, SPAN_EMPTY,
		span_of("NX"), span_of("PX") };
	const struct redis_form form = { .writes = true,
		.type = REDIS_REPLY_STATUS,
		.other_type = REDIS_REPLY_NIL };
	enum failure failure = FAILURE_NONE;
	redisReply *reply;

	buf_init(&key, key_memory, sizeof key_memory);
	redis_key_nonce(&key, config, nonce->domain, nonce);
	buf_init(&life, life_memory, sizeof life_memory);
	buf_u64(&life, (uint64_t)redis_nonce_life(nonce, now));
	words[1] = buf_span(&key);
	words[5] = buf_span(&life);
	reply = buf_ok(&key) ? redis_ask_command(redis->pool, &form, words, 6)
			     : NULL;
	if (!reply)
		return on_error(redis, why);
	if (reply->type == REDIS_REPLY_NIL)
		failure = replayed(why);
	redis_reply_free(reply);
	return failure;
}

static void redis_close(struct quota *quota)
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
	.nonce = nonce_enter,
	.close = redis_close,
};

bool redis_stats(struct quota *quota, struct quota_redis_stats *ret_stats)
{
	struct redis_pool *pool;

	if (quota->class != &class)
		return false;
	pool = of(quota)->pool;
	pthread_mutex_lock(&pool->lock);
	*ret_stats = pool->stats;
	ret_stats->up = pool->works;
	ret_stats->open = pool->open;
	pthread_mutex_unlock(&pool->lock);
	return true;
}

struct quota *redis_open(
    const struct quota_redis_config *config, char *wrong, size_t wrong_size)
{
	struct quota_redis *redis = calloc(1, sizeof *redis);

	snprintf(wrong, wrong_size, "out of memory");
	if (!redis)
		return NULL;
	redis->quota.class = &class;
	redis->pool = redis_pool_open(config, wrong, wrong_size);
	if (redis->pool)
		return &redis->quota;
	free(redis);
	return NULL;
}
