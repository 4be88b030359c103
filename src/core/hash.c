#include "core/hash.h"

#include <assert.h>
#include <psa/crypto.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 64 /* of SHA-256, as HMAC sees it */
/* Short parts are joined: each update costs some 150 instructions. */
#define PARTS_SIZE 512

static_assert(sizeof(psa_hash_operation_t) <= sizeof(struct hash),
    "the library's hash state fits");
static_assert(_Alignof(psa_hash_operation_t) <= _Alignof(struct hash),
    "the library's hash state is aligned");

static void must(psa_status_t status)
{
	if (status != PSA_SUCCESS)
		abort();
}

static psa_hash_operation_t *operation(struct hash *hash)
{
	return (void *)hash->state;
}

static const psa_hash_operation_t *operation_const(const struct hash *hash)
{
	return (const void *)hash->state;
}

void hash_start(void)
{
	must(psa_crypto_init());
}

/* All zeros is one of the states that PSA calls initialised. */
static void blank(struct hash *hash)
{
	memset(hash->state, 0, sizeof(hash->state));
}

void hash_init(struct hash *hash)
{
	blank(hash);
	must(psa_hash_setup(operation(hash), PSA_ALG_SHA_256));
}

void hash_update(struct hash *hash, struct span bytes)
{
	if (bytes.len > 0)
		must(psa_hash_update(
		    operation(hash), (const uint8_t *)bytes.at, bytes.len));
}

void hash_field(struct hash *hash, struct span field)
{
	uint64_t left = field.len;
	char length[8];

	for (size_t i = sizeof length; i > 0; i--, left >>= 8)
		length[i - 1] = (char)(left & 0xff);
	hash_update(hash, (struct span){ length, sizeof length });
	hash_update(hash, field);
}

void hash_copy(const struct hash *hash, struct hash *ret_copy)
{
	blank(ret_copy);
	must(psa_hash_clone(operation_const(hash), operation(ret_copy)));
}

void hash_final(struct hash *hash, uint8_t ret_digest[HASH_SIZE])
{
	size_t len;

	/* It wipes what it used of the state; the rest is blank. */
	must(psa_hash_finish(operation(hash), ret_digest, HASH_SIZE, &len));
}

void hash_drop(struct hash *hash)
{
	must(psa_hash_abort(operation(hash)));
	wipe(hash->state, sizeof(hash->state));
}

void sha256(struct span bytes, uint8_t ret_digest[HASH_SIZE])
{
	size_t len;

	must(psa_hash_compute(PSA_ALG_SHA_256, (const uint8_t *)bytes.at,
	    bytes.len, ret_digest, HASH_SIZE, &len));
}

static void pad_init(
    struct hash *hash, const uint8_t block[BLOCK_SIZE], uint8_t mask)
{
	uint8_t pad[BLOCK_SIZE];

	for (size_t i = 0; i < BLOCK_SIZE; i++)
		pad[i] = block[i] ^ mask;
	hash_init(hash);
	hash_update(hash, (struct span){ (const char *)pad, sizeof(pad) });
	wipe(pad, sizeof(pad));
}

void hmac_key_init(struct hmac_key *key, struct span secret)
{
	uint8_t block[BLOCK_SIZE] = { 0 };

	if (secret.len > BLOCK_SIZE)
		sha256(secret, block);
	else if (secret.len > 0)
		memcpy(block, secret.at, secret.len);
	pad_init(&key->inner, block, 0x36);
	pad_init(&key->outer, block, 0x5c);
	wipe(block, sizeof(block));
}

void hmac_key_done(struct hmac_key *key)
{
	hash_drop(&key->inner);
	hash_drop(&key->outer);
}

void hmac_begin(const struct hmac_key *key, struct hash *running)
{
	hash_copy(&key->inner, running);
}

void hmac_end(const struct hmac_key *key, struct hash *running,
    uint8_t ret_mac[HASH_SIZE])
{
	uint8_t digest[HASH_SIZE];

	hash_final(running, digest);
	hash_copy(&key->outer, running);
	hash_update(
	    running, (struct span){ (const char *)digest, sizeof(digest) });
	hash_final(running, ret_mac);
}

void hmac_parts(const struct hmac_key *key, const struct span *parts,
    size_t count, uint8_t ret_mac[HASH_SIZE])
{
	struct hash running;
	char memory[PARTS_SIZE];
	size_t len = 0;

	hmac_begin(key, &running);
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len > sizeof(memory) - len) {
			hash_update(&running, (struct span){ memory, len });
			len = 0;
		}
		if (parts[i].len > sizeof(memory)) {
			hash_update(&running, parts[i]);
		} else if (parts[i].len > 0) {
			memcpy(memory + len, parts[i].at, parts[i].len);
			len += parts[i].len;
		}
	}
	hash_update(&running, (struct span){ memory, len });
	hmac_end(key, &running, ret_mac);
	/* A message may be a secret itself. */
	wipe(memory, sizeof(memory));
}

void hmac(
    const struct hmac_key *key, struct span message, uint8_t ret_mac[HASH_SIZE])
{
	struct hash running;

	hmac_begin(key, &running);
	hash_update(&running, message);
	hmac_end(key, &running, ret_mac);
}

bool equal_constant_time(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *left = a;
	const volatile uint8_t *right = b;
	uint8_t difference = 0;

	for (size_t i = 0; i < len; i++)
		difference |= left[i] ^ right[i];
	return difference == 0;
}

void wipe(void *memory, size_t len)
{
	explicit_bzero(memory, len);
}
