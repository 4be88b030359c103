#include "core/hash.h"

#include <assert.h>
#include <nettle/md5.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <string.h>

#define BLOCK_SIZE SHA256_BLOCK_SIZE /* as HMAC sees it */
/* Short parts are joined: one update costs less than many. */
#define PARTS_SIZE 512

static_assert(HASH_SIZE == SHA256_DIGEST_SIZE, "a digest is a digest");
static_assert(sizeof(struct sha256_ctx) <= sizeof(struct hash),
    "the library's hash state fits");
static_assert(_Alignof(struct sha256_ctx) <= _Alignof(struct hash),
    "the library's hash state is aligned");

static struct sha256_ctx *context(struct hash *hash)
{
	return (void *)hash->state;
}

void hash_init(struct hash *hash)
{
	sha256_init(context(hash));
}

void hash_update(struct hash *hash, struct span bytes)
{
	if (bytes.len > 0)
		sha256_update(
		    context(hash), bytes.len, (const uint8_t *)bytes.at);
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
	*ret_copy = *hash;
}

void hash_final(struct hash *hash, uint8_t ret_digest[HASH_SIZE])
{
	sha256_digest(context(hash), HASH_SIZE, ret_digest);
	hash_drop(hash);
}

void hash_drop(struct hash *hash)
{
	wipe(hash->state, sizeof(hash->state));
}

void sha256(struct span bytes, uint8_t ret_digest[HASH_SIZE])
{
	struct hash hash;

	hash_init(&hash);
	hash_update(&hash, bytes);
	hash_final(&hash, ret_digest);
}

void hash_sha1(
    struct span first, struct span second, uint8_t ret_digest[HASH_SHA1_SIZE])
{
	struct sha1_ctx context;

	sha1_init(&context);
	sha1_update(&context, first.len, (const uint8_t *)first.at);
	sha1_update(&context, second.len, (const uint8_t *)second.at);
	sha1_digest(&context, HASH_SHA1_SIZE, ret_digest);
	wipe(&context, sizeof context);
}

void hash_md5(struct span bytes, uint8_t ret_digest[HASH_MD5_SIZE])
{
	struct md5_ctx context;

	md5_init(&context);
	md5_update(&context, bytes.len, (const uint8_t *)bytes.at);
	md5_digest(&context, HASH_MD5_SIZE, ret_digest);
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
