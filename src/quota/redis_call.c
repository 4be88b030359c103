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

/* Where keys stand in a call of the script. */
#define USER_KEY 3
#define NONCE_KEY 5
#define ACCOUNT_KEY 6

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

/* The word that begins there in the text and ends here. */
static struct span word_from(const struct redis_call *call, size_t begin)
{
	return span_from(buf_span(&call->text), begin);
}

static void add_word(struct redis_call *call, struct span word)
{
	call->words[call->count++] = word;
}

static void init(
    struct redis_call *call, const struct quota_redis_config *config)
{
	call->config = config;
	call->count = 0;
	buf_init(&call->text, call->memory, sizeof call->memory);
}

/* Gives where it begins; the caller goes on with it. */
static size_t begin_key(
    struct redis_call *call, struct span domain, const char *kind)
{
	struct buf *text = &call->text;
	size_t begin = text->len;

	buf_add(text, call->config->prefix);
	buf_char(text, '{');
	buf_add(text, domain);
	buf_text(text, "}:");
	buf_text(text, kind);
	return begin;
}

/* Redis gets no JID to see. */
static struct span user_key(
    struct redis_call *call, struct span domain, struct span user)
{
	size_t begin = begin_key(call, domain, "u:");
	uint8_t digest[HASH_SIZE];

	sha256(user, digest);
	hex_encode(&call->text, digest, sizeof digest / 2);
	return word_from(call, begin);
}

void redis_call_init(struct redis_call *call,
    const struct quota_redis_config *config, const char *function, int64_t now,
    struct span domain, struct span user)
{
	init(call, config);
	call->plain = false;
	/* The command and the script: see run_once. */
	call->count = 2;
	add_word(call, span_of("4"));
	add_word(call, user_key(call, domain, user));
	add_word(call, word_from(call, begin_key(call, domain, "d")));
	/* Without a nonce the script does not look at this key. */
	add_word(call, word_from(call, begin_key(call, domain, "n:")));
	add_word(call, call->words[USER_KEY]);
	add_word(call, span_of(function));
	redis_call_number(call, (uint64_t)now);
}

void redis_call_number(struct redis_call *call, uint64_t value)
{
	size_t begin = call->text.len;

	buf_u64(&call->text, value);
	add_word(call, word_from(call, begin));
}

void redis_call_charge(
    struct redis_call *call, const struct quota_charge *charge)
{
	if (charge->account.len)
		call->words[ACCOUNT_KEY] =
		    user_key(call, charge->domain, charge->account);
	redis_call_number(call, charge->size);
	redis_call_number(call, charge->slots_per_minute);
	redis_call_number(call, charge->bytes_per_day);
	redis_call_number(call, charge->domain_bytes_per_day);
}

static struct span nonce_key(struct redis_call *call, struct span domain,
    const struct quota_nonce *nonce)
{
	size_t begin = begin_key(call, domain, "n:");

	buf_add(&call->text, nonce->caller);
	buf_char(&call->text, ':');
	buf_add(&call->text, nonce->nonce);
	return word_from(call, begin);
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
		call->words[NONCE_KEY] = nonce_key(call, domain, nonce);
	redis_call_number(call, nonce ? life_of(nonce, now) : 0);
}

/* The script would cost Redis seven times as much. */
void redis_call_init_set(struct redis_call *call,
    const struct quota_redis_config *config, const struct quota_nonce *nonce,
    int64_t now)
{
	init(call, config);
	call->plain = true;
	add_word(call, span_of("SET"));
	add_word(call, nonce_key(call, nonce->domain, nonce));
	add_word(call, SPAN_EMPTY);
	add_word(call, span_of("NX"));
	add_word(call, span_of("PX"));
	redis_call_number(call, life_of(nonce, now));
}

static redisReply *run_once(
    struct redis_call *call, struct redis_link *link, bool by_sum)
{
	call->words[0] = span_of(by_sum ? "EVALSHA" : "EVAL");
	call->words[1] = by_sum ? span_of(link->script) : script();
	return redis_link_call(link, call->words, call->count);
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
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != count)
		return other_form(link);
	for (unsigned i = 0; i < count; i++)
		if (reply->element[i]->type != REDIS_REPLY_INTEGER)
			return other_form(link);
	for (unsigned i = 0; i < count; i++) {
		const long long number = reply->element[i]->integer;

		if (number < 0 || number > NUMBER_MAX)
			return redis_fault_set(&link->fault, QUOTA_REDIS_OTHER,
			    "a number that cannot be");
	}
	for (unsigned i = 0; i < count; i++)
		ret_numbers[i] = reply->element[i]->integer;
	return true;
}

static redisReply *run_script(struct redis_call *call, struct redis_link *link)
{
	bool by_sum = link->script[0] != '\0';
	redisReply *reply = run_once(call, link, by_sum);

	/* Redis loses the script by SCRIPT FLUSH; EVAL brings it back. */
	if (!reply && by_sum &&
	    span_starts(span_of(link->fault.text), "NOSCRIPT"))
		reply = run_once(call, link, false);
	return reply;
}

bool redis_call_run(struct redis_call *call, struct redis_link *link,
    unsigned count, int64_t *ret_numbers)
{
	redisReply *reply =
	    call->plain ? redis_link_call(link, call->words, call->count)
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
