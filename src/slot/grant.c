#include "slot/grant.h"

#include "core/base64.h"
#include "core/uri.h"

#include <string.h>

/*
 * A token is base64url(payload) '.' base64url(MAC), and the payload
 *   version 1 | expires, 8 bytes | size, 8 bytes | media type
 * with the highest byte first. The MAC covers the fields store (unless its
 * name is empty), key and payload.
 */
#define VERSION 1
#define HEAD 17
#define MAC KEYRING_MAC

static void put_u64(uint8_t *at, uint64_t value)
{
	for (int i = 7; i >= 0; i--, value >>= 8)
		at[i] = (uint8_t)value;
}

static uint64_t get_u64(const uint8_t *at)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | at[i];
	return value;
}

static void token_mac(const struct keyring_root *root, struct span store,
    struct span key, struct span payload, uint8_t ret_mac[HASH_SIZE])
{
	struct hash running;

	hmac_begin(&root->put, &running);
	if (store.len)
		hash_field(&running, store);
	hash_field(&running, key);
	hash_field(&running, payload);
	hmac_end(&root->put, &running, ret_mac);
}

void grant_write(const struct keyring_root *root, struct span store,
    struct span key, uint64_t size, struct span type, int64_t expires,
    struct buf *out)
{
	uint8_t payload[HEAD + MEDIA_TYPE_MAX];
	uint8_t mac[HASH_SIZE];
	size_t len = HEAD + type.len;

	payload[0] = VERSION;
	put_u64(payload + 1, (uint64_t)expires);
	put_u64(payload + 9, size);
	if (type.len)
		memcpy(payload + HEAD, type.at, type.len);
	token_mac(
	    root, store, key, (struct span){ (const char *)payload, len }, mac);
	base64url_encode(out, payload, len);
	buf_char(out, '.');
	base64url_encode(out, mac, MAC);
}

void grant_url(const struct keyring_root *root, struct span store,
    struct span public_url, const struct store_request *request,
    int64_t expires, struct buf *out)
{
	buf_add(out, public_url);
	buf_text(out, "/u/");
	grant_write(root, store, request->key, request->size, request->type,
	    expires, out);
	buf_char(out, '/');
	uri_encode_path(out, request->key);
}

/* Tries every key, so that the time does not tell which one fits. */
static bool mac_fits(const struct keyring *keyring, struct span store,
    struct span key, struct span payload, const uint8_t *mac)
{
	bool fits = false;

	for (size_t i = 0; i < keyring->count; i++) {
		uint8_t own[HASH_SIZE];

		token_mac(&keyring->roots[i], store, key, payload, own);
		fits |= equal_constant_time(own, mac, MAC);
	}
	return fits;
}

enum failure grant_check(const struct keyring *keyring, struct span store,
    struct span token, struct span key, int64_t now, struct grant *ret_grant)
{
	uint8_t payload[HEAD + MEDIA_TYPE_MAX];
	uint8_t mac[MAC];
	size_t len, mac_len;
	size_t dot = span_find(token, '.');
	int64_t expires;

	if (dot == token.len)
		return FAILURE_SLOT_INVALID;
	if (!base64url_decode(
		span_first(token, dot), sizeof payload, payload, &len) ||
	    !base64url_decode(
		span_from(token, dot + 1), sizeof mac, mac, &mac_len))
		return FAILURE_SLOT_INVALID;
	if (len < HEAD || mac_len != MAC || payload[0] != VERSION)
		return FAILURE_SLOT_INVALID;
	if (!mac_fits(keyring, store, key,
		(struct span){ (const char *)payload, len }, mac))
		return FAILURE_SLOT_INVALID;
	expires = (int64_t)get_u64(payload + 1);
	if (now >= expires)
		return FAILURE_SLOT_EXPIRED;
	ret_grant->size = get_u64(payload + 9);
	ret_grant->expires = expires;
	ret_grant->type_len = len - HEAD;
	memcpy(ret_grant->type, payload + HEAD, len - HEAD);
	ret_grant->type[len - HEAD] = '\0';
	return FAILURE_NONE;
}
