#ifndef CORE_HASH_H
#define CORE_HASH_H

#include "core/span.h"

/*
 * SHA-256, SHA-1 (FIPS 180-4), MD5 and HMAC-SHA256 (RFC 2104) by Nettle, which
 * uses the processor's own instructions for SHA-256 where there are any.
 * Nothing here fails. Safe in any number of threads.
 */
#define HASH_SIZE 32

/* A running SHA-256. */
struct hash {
	_Alignas(8) unsigned char state[112];
};

void hash_init(struct hash *hash);
void hash_update(struct hash *hash, struct span bytes);
/* Adds a field behind its length (8 bytes, the highest first), so that no byte
 * can move from one field to the next. */
void hash_field(struct hash *hash, struct span field);
/* A copy, which can go on in another way. */
void hash_copy(const struct hash *hash, struct hash *ret_copy);
/* Gives the digest and wipes the state. */
void hash_final(struct hash *hash, uint8_t ret_digest[HASH_SIZE]);
/* Wipes the state of a hash whose digest nobody wants. */
void hash_drop(struct hash *hash);
void sha256(struct span bytes, uint8_t ret_digest[HASH_SIZE]);

/* SHA-1 of two texts behind each other, for the handshake of XEP-0114 alone,
 * which knows no other hash. */
#define HASH_SHA1_SIZE 20
void hash_sha1(
    struct span first, struct span second, uint8_t ret_digest[HASH_SHA1_SIZE]);

/* MD5 (RFC 1321), for the header Content-MD5 alone: some requests of S3 are
 * refused without it. */
#define HASH_MD5_SIZE 16
void hash_md5(struct span bytes, uint8_t ret_digest[HASH_MD5_SIZE]);

/* A key as its inner and outer hash states: a MAC costs only the blocks of its
 * message and one more. */
struct hmac_key {
	struct hash inner;
	struct hash outer;
};

void hmac_key_init(struct hmac_key *key, struct span secret);
/* Wipes it. */
void hmac_key_done(struct hmac_key *key);

/* begin, hash_update on *running as often as needed, end. */
void hmac_begin(const struct hmac_key *key, struct hash *running);
void hmac_end(const struct hmac_key *key, struct hash *running,
    uint8_t ret_mac[HASH_SIZE]);
void hmac(const struct hmac_key *key, struct span message,
    uint8_t ret_mac[HASH_SIZE]);
/* The same of a message in parts, with nothing between them. */
void hmac_parts(const struct hmac_key *key, const struct span *parts,
    size_t count, uint8_t ret_mac[HASH_SIZE]);

/* Takes the same time wherever the two differ. */
bool equal_constant_time(const void *a, const void *b, size_t len);

/* Overwrites memory that held a secret; not optimised away. */
void wipe(void *memory, size_t len);

#endif
