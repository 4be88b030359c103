#include "core/sip.h"

struct state {
	uint64_t a, b, c, d; /* v0 to v3 of the paper */
};

/* 8 bytes, the lowest first: compilers make one load of it, not of a loop. */
static uint64_t read_word(const void *bytes)
{
	const uint8_t *at = bytes;

	return at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 |
	       (uint64_t)at[3] << 24 | (uint64_t)at[4] << 32 |
	       (uint64_t)at[5] << 40 | (uint64_t)at[6] << 48 |
	       (uint64_t)at[7] << 56;
}

/* The same of what is left at the end: 0 to 7 bytes. */
static uint64_t read_rest(struct span bytes)
{
	uint64_t word = 0;

	for (size_t i = 0; i < bytes.len; i++)
		word |= (uint64_t)(uint8_t)bytes.at[i] << 8 * i;
	return word;
}

static void write_word(uint64_t word, uint8_t ret_bytes[8])
{
	for (size_t i = 0; i < 8; i++)
		ret_bytes[i] = (uint8_t)(word >> 8 * i);
}

static uint64_t turn(uint64_t word, unsigned by)
{
	return word << by | word >> (64 - by);
}

static void mix(struct state *v, unsigned rounds)
{
	while (rounds--) {
		v->a += v->b;
		v->c += v->d;
		v->b = turn(v->b, 13) ^ v->a;
		v->d = turn(v->d, 16) ^ v->c;
		v->a = turn(v->a, 32) + v->d;
		v->c += v->b;
		v->b = turn(v->b, 17) ^ v->c;
		v->d = turn(v->d, 21) ^ v->a;
		v->c = turn(v->c, 32);
	}
}

static void take(struct state *v, uint64_t word)
{
	v->d ^= word;
	mix(v, 2);
	v->a ^= word;
}

void sip_hash(const uint8_t key[SIP_KEY], uint64_t number, struct span bytes,
    uint8_t ret_hash[SIP_SIZE])
{
	const uint64_t low = read_word(key), high = read_word(key + 8);
	const uint64_t len = sizeof number + bytes.len;
	struct state v = {
		.a = low ^ 0x736f6d6570736575,
		.b = high ^ 0x646f72616e646f6d ^ 0xee,
		.c = low ^ 0x6c7967656e657261,
		.d = high ^ 0x7465646279746573,
	};

	take(&v, number);
	for (; bytes.len >= 8; bytes = span_from(bytes, 8))
		take(&v, read_word(bytes.at));
	take(&v, read_rest(bytes) | len << 56);
	v.c ^= 0xee;
	mix(&v, 4);
	write_word(v.a ^ v.b ^ v.c ^ v.d, ret_hash);
	v.b ^= 0xdd;
	mix(&v, 4);
	write_word(v.a ^ v.b ^ v.c ^ v.d, ret_hash + 8);
}
