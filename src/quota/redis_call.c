#include "core/hash.h"
#include "core/hex.h"
#include "quota/redis_private.h"

#include <hiredis/hiredis.h>
#include <string.h>

/* Replicas' clocks may be this far apart, and still a nonce holds. */
#define NONCE_MORE 60

/* Lua's numbers are exact up to here. */
#define NUMBER_MAX (1LL << 53)

static void key_begin(struct buf *key, const struct quota_redis_config *config,
    struct span domain, const char *kind)
{
	buf_add(key, config->prefix);
	buf_char(key, '{');
	buf_add(key, domain);
	buf_text(key, "}:");
	buf_text(key, kind);
}

/* No JID lies in Redis. */
static void key_user(struct buf *key, const struct quota_redis_config *config,
    struct span domain, struct span user)
{
	uint8_t digest[HASH_SIZE];

	sha256(user, digest);
	key_begin(key, config, domain, "u:");
	hex_encode(key, digest, sizeof digest / 2);
}

void redis_key_nonce(struct buf *key, const struct quota_redis_config *config,
    struct span domain, const struct quota_nonce *nonce)
{
	buf_reset(key);
	key_begin(key, config, domain, "n:");
	buf_add(key, nonce->caller);
	buf_char(key, ':');
	buf_add(key, nonce->nonce);
}

void redis_call_number(struct redis_call *call, uint64_t value)
{
	char *memory = call->number_memory[call->argument_count];
	struct buf text;

	buf_init(&text, memory, sizeof call->number_memory[0]);
	buf_u64(&text, value);
	call->arguments[call->argument_count++] = buf_span(&text);
}

void redis_call_init(struct redis_call *call,
    const struct quota_redis_config *config, const char *function, int64_t now)
{
	call->config = config;
	for (int i = 0; i < REDIS_KEYS; i++)
		buf_init(&call->keys[i], call->key_memory[i], REDIS_KEY_MAX);
	call->arguments[0] = span_of(function);
	call->argument_count = 1;
	redis_call_number(call, (uint64_t)now);
}

void redis_call_about(
    struct redis_call *call, struct span domain, struct span user)
{
	key_user(&call->keys[0], call->config, domain, user);
	key_begin(&call->keys[1], call->config, domain, "d");
	/* Without a nonce it stands for one that is not looked at. */
	key_begin(&call->keys[2], call->config, domain, "n:");
}

static bool call_fits(const struct redis_call *call)
{
	for (int i = 0; i < REDIS_KEYS; i++)
		if (!buf_ok(&call->keys[i]))
			return false;
	return true;
}

static redisReply *run_once(const struct redis_call *call,
    struct redis_link *link, bool by_sum, int64_t until,
    struct redis_fault *fault)
{
	struct span words[3 + REDIS_KEYS + REDIS_ARGUMENTS_MAX] = {
		span_of(by_sum ? "EVALSHA" : "EVAL"),
		by_sum ? span_of(link->script) : redis_script(),
		span_of("3"),
	};
	unsigned count = 3;

	for (int i = 0; i < REDIS_KEYS; i++)
		words[count++] = buf_span(&call->keys[i]);
	for (unsigned i = 0; i < call->argument_count; i++)
		words[count++] = call->arguments[i];
	return redis_link_call(link, call->config, words, count, until, fault);
}

redisReply *redis_call_run(const struct redis_call *call,
    struct redis_link *link, int64_t until, struct redis_fault *fault)
{
	redisReply *reply = NULL;
	bool by_sum = link->script[0] != '\0';

	if (by_sum)
		reply = run_once(call, link, true, until, fault);
	/* Whoever flushes scripts, or restarts, takes it away; EVAL brings it
	 * back. */
	if (!by_sum ||
	    (!reply && span_starts(span_of(fault->text), "NOSCRIPT")))
		reply = run_once(call, link, false, until, fault);
	return reply;
}

static bool type_is(const struct redis_form *form, const redisReply *reply)
{
	if (!form->numbers)
		return reply->type == form->type ||
		       (form->other_type && reply->type == form->other_type);
	if (reply->type != REDIS_REPLY_ARRAY ||
	    reply->elements != form->numbers)
		return false;
	for (unsigned i = 0; i < form->numbers; i++)
		if (reply->element[i]->type != REDIS_REPLY_INTEGER)
			return false;
	return true;
}

bool redis_form_check(const struct redis_form *form, const redisReply *reply,
    struct redis_fault *fault)
{
	/* What follows may be answers to others, too. */
	if (!type_is(form, reply)) {
		redis_fault_set(fault, QUOTA_REDIS_CONNECTION,
		    "what answers is not Redis: an answer of another form");
		return false;
	}
	for (unsigned i = 0; i < form->numbers; i++)
		if (reply->element[i]->integer < 0 ||
		    reply->element[i]->integer > NUMBER_MAX) {
			redis_fault_set(fault, QUOTA_REDIS_OTHER,
			    "a number that cannot be");
			return false;
		}
	return true;
}

/* The answer, in time, to a call of the script or, where that is NULL, to a
 * command; NULL: on_error decides. */
static redisReply *ask(struct redis_pool *pool, const struct redis_call *call,
    const struct redis_form *form, const struct span *words, unsigned count)
{
	const struct quota_redis_config *config = &pool->config;
	int64_t begin = config->clock();
	int64_t until = begin + 1000 * (int64_t)config->timeout_ms;
	struct redis_fault fault;
	struct redis_link link;
	redisReply *reply;

	if (!redis_pool_take(pool, until, &link))
		return NULL;
	reply =
	    call ? redis_call_run(call, &link, until, &fault)
		 : redis_link_call(&link, config, words, count, until, &fault);
	if (reply && redis_form_check(form, reply, &fault)) {
		redis_pool_give(pool, &link, config->clock() - begin,
		    form->writes &&
			(!form->numbers || reply->element[0]->integer == 0));
		return reply;
	}
	redis_reply_free(reply);
	redis_pool_fail(pool, &link, &fault);
	return NULL;
}

redisReply *redis_ask_command(struct redis_pool *pool,
    const struct redis_form *form, const struct span *words, unsigned count)
{
	return ask(pool, NULL, form, words, count);
}

bool redis_ask_numbers(struct redis_pool *pool, const struct redis_call *call,
    bool writes, unsigned count, int64_t *ret_numbers)
{
	const struct redis_form form = { .writes = writes, .numbers = count };
	redisReply *reply =
	    call_fits(call) ? ask(pool, call, &form, NULL, 0) : NULL;

	for (unsigned i = 0; reply && i < count; i++)
		ret_numbers[i] = reply->element[i]->integer;
	redis_reply_free(reply);
	return reply != NULL;
}

void redis_call_charge(
    struct redis_call *call, const struct quota_charge *charge)
{
	redis_call_about(call, charge->domain, charge->user);
	redis_call_number(call, charge->size);
	redis_call_number(call, charge->slots_per_minute);
	redis_call_number(call, charge->bytes_per_day);
	redis_call_number(call, charge->domain_bytes_per_day);
}

/* A relative time: only its length has to be right. */
int64_t redis_nonce_life(const struct quota_nonce *nonce, int64_t now)
{
	int64_t life = nonce->until * 1000 - now;

	return (life > 0 ? life : 0) + NONCE_MORE * 1000;
}
