#include "core/hash.h"
#include "core/hex.h"
#include "quota/redis_private.h"

#include <hiredis/hiredis.h>
#include <string.h>

/* Seconds by which the clocks of processes may differ while no nonce is
 * accepted twice. */
#define NONCE_MORE 60

/* Lua's numbers are exact up to here. */
#define NUMBER_MAX (1LL << 53)

/* redis.lua, byte for byte (the build runs at the top level). */
extern const char redis_script_begin[];
extern const char redis_script_end[];

__asm__(".section .rodata\n"
	".global redis_script_begin\n"
	"redis_script_begin:\n"
	".incbin \"src/quota/redis.lua\"\n"
	".global redis_script_end\n"
	"redis_script_end:\n"
	".byte 0\n"
	".previous\n");

static struct span script(void)
{
	const ptrdiff_t len = redis_script_end - redis_script_begin;

	return (struct span){ redis_script_begin, (size_t)len };
}

static struct buf *add_key(
    struct redis_call *call, int number, struct span domain, const char *kind)
{
	struct buf *key = &call->keys[number];

	buf_init(key, call->key_memory[number], REDIS_KEY_MAX);
	buf_add(key, call->config->prefix);
	buf_char(key, '{');
	buf_add(key, domain);
	buf_text(key, "}:");
	buf_text(key, kind);
	return key;
}

void redis_call_init(struct redis_call *call,
    const struct quota_redis_config *config, const char *function, int64_t now,
    struct span domain, struct span user)
{
	uint8_t digest[HASH_SIZE];

	call->config = config;
	call->plain = false;
	/* Redis gets no JID to see. */
	sha256(user, digest);
	hex_encode(add_key(call, 0, domain, "u:"), digest, sizeof digest / 2);
	add_key(call, 1, domain, "d");
	/* Without a nonce the script does not look at this key. */
	add_key(call, 2, domain, "n:");
	call->arguments[0] = span_of(function);
	call->argument_count = 1;
	redis_call_number(call, (uint64_t)now);
}

void redis_call_number(struct redis_call *call, uint64_t value)
{
	char *memory = call->number_memory[call->argument_count];
	struct buf text;

	buf_init(&text, memory, sizeof call->number_memory[0]);
	buf_u64(&text, value);
	call->arguments[call->argument_count++] = buf_span(&text);
}

void redis_call_charge(
    struct redis_call *call, const struct quota_charge *charge)
{
	redis_call_number(call, charge->size);
	redis_call_number(call, charge->slots_per_minute);
	redis_call_number(call, charge->bytes_per_day);
	redis_call_number(call, charge->domain_bytes_per_day);
}

static void add_nonce_key(struct redis_call *call, struct span domain,
    const struct quota_nonce *nonce)
{
	struct buf *key = add_key(call, 2, domain, "n:");

	buf_add(key, nonce->caller);
	buf_char(key, ':');
	buf_add(key, nonce->nonce);
}

/* A length of time, so it does not matter whose clock it is by. */
static uint64_t life_of(const struct quota_nonce *nonce, int64_t now)
{
	int64_t life = nonce->until * 1000 - now;

	return (uint64_t)((life > 0 ? life : 0) + NONCE_MORE * 1000);
}

void redis_call_nonce(struct redis_call *call, struct span domain,
    const struct quota_nonce *nonce, int64_t now)
{
	if (nonce)
		add_nonce_key(call, domain, nonce);
	redis_call_number(call, nonce ? life_of(nonce, now) : 0);
}

/* The script would cost Redis seven times as much. */
void redis_call_init_set(struct redis_call *call,
    const struct quota_redis_config *config, const struct quota_nonce *nonce,
    int64_t now)
{
	call->config = config;
	call->plain = true;
	for (int i = 0; i < REDIS_KEYS; i++)
		buf_init(&call->keys[i], call->key_memory[i], REDIS_KEY_MAX);
	add_nonce_key(call, nonce->domain, nonce);
	call->arguments[0] = span_of("SET");
	call->arguments[1] = buf_span(&call->keys[2]);
	call->arguments[2] = SPAN_EMPTY;
	call->arguments[3] = span_of("NX");
	call->arguments[4] = span_of("PX");
	call->argument_count = 5;
	redis_call_number(call, life_of(nonce, now));
}

bool redis_call_fits(const struct redis_call *call)
{
	for (int i = 0; i < REDIS_KEYS; i++)
		if (!buf_ok(&call->keys[i]))
			return false;
	return true;
}

static redisReply *run_once(
    const struct redis_call *call, struct redis_link *link, bool by_sum)
{
	struct span words[3 + REDIS_KEYS + REDIS_ARGUMENTS_MAX] = {
		span_of(by_sum ? "EVALSHA" : "EVAL"),
		by_sum ? span_of(link->script) : script(),
		span_of("3"),
	};
	unsigned count = 3;

	for (int i = 0; i < REDIS_KEYS; i++)
		words[count++] = buf_span(&call->keys[i]);
	for (unsigned i = 0; i < call->argument_count; i++)
		words[count++] = call->arguments[i];
	return redis_link_call(link, words, count);
}

static bool are_numbers(const redisReply *reply, unsigned count)
{
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != count)
		return false;
	for (unsigned i = 0; i < count; i++)
		if (reply->element[i]->type != REDIS_REPLY_INTEGER)
			return false;
	return true;
}

/* Closes the connection: what follows may answer other calls. */
static bool other_form(struct redis_link *link)
{
	return redis_fault_set(&link->fault, QUOTA_REDIS_CONNECTION,
	    "what answers is not Redis: an answer of another form");
}

static bool read_set(
    struct redis_link *link, const redisReply *reply, int64_t *ret_number)
{
	if (reply->type != REDIS_REPLY_STATUS && reply->type != REDIS_REPLY_NIL)
		return other_form(link);
	*ret_number = reply->type == REDIS_REPLY_NIL ? 3 : 0;
	return true;
}

static bool read_numbers(struct redis_link *link, const redisReply *reply,
    unsigned count, int64_t *ret_numbers)
{
	if (!are_numbers(reply, count))
		return other_form(link);
	for (unsigned i = 0; i < count; i++)
		if (reply->element[i]->integer < 0 ||
		    reply->element[i]->integer > NUMBER_MAX)
			return redis_fault_set(&link->fault, QUOTA_REDIS_OTHER,
			    "a number that cannot be");
	for (unsigned i = 0; i < count; i++)
		ret_numbers[i] = reply->element[i]->integer;
	return true;
}

static redisReply *run_script(
    const struct redis_call *call, struct redis_link *link)
{
	bool by_sum = link->script[0] != '\0';
	redisReply *reply = run_once(call, link, by_sum);

	/* Redis loses the script by SCRIPT FLUSH; EVAL brings it back. */
	if (!reply && by_sum &&
	    span_starts(span_of(link->fault.text), "NOSCRIPT"))
		reply = run_once(call, link, false);
	return reply;
}

bool redis_call_run(const struct redis_call *call, struct redis_link *link,
    unsigned count, int64_t *ret_numbers)
{
	redisReply *reply = call->plain ? redis_link_call(link, call->arguments,
					      call->argument_count)
					: run_script(call, link);
	bool right = reply && (call->plain ? read_set(link, reply, ret_numbers)
					   : read_numbers(link, reply, count,
						 ret_numbers));

	redis_reply_free(reply);
	return right;
}

bool redis_call_load(struct redis_link *link)
{
	const struct span words[] = { span_of("SCRIPT"), span_of("LOAD"),
		script() };
	redisReply *reply = redis_link_call(link, words, 3);

	if (!reply)
		return link->fault.error == QUOTA_REDIS_DENIED ||
		       !redis_fault_cuts(&link->fault);
	if (reply->type == REDIS_REPLY_STRING &&
	    reply->len < sizeof link->script)
		memcpy(link->script, reply->str, reply->len + 1);
	redis_reply_free(reply);
	return true;
}

/* Finds out a replica, a Redis that loads its data, and one that is too slow
 * for a call. */
bool redis_call_probe(struct redis_link *link)
{
	const struct quota_redis_config *config = link->config;
	struct redis_call call;
	int64_t number;

	redis_call_init(
	    &call, config, "probe", 0, span_of("probe"), SPAN_EMPTY);
	link->until = config->clock() + 1000 * (int64_t)config->timeout_ms;
	if (!redis_call_run(&call, link, 1, &number))
		return !redis_fault_cuts(&link->fault);
	/* Earlier commands may have failed. */
	redis_fault_set(&link->fault, QUOTA_REDIS_NONE, "");
	return true;
}
