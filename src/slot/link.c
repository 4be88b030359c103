#include "slot/link.h"

#include "core/base64.h"

/* Behind its length in 8 bytes, the highest first, so that no byte can move
 * from one field to the other. */
static void add_field(struct hash *running, struct span field)
{
	uint64_t left = field.len;
	char length[8];

	for (size_t i = sizeof length; i > 0; i--, left >>= 8)
		length[i - 1] = (char)(left & 0xff);
	hash_update(running, (struct span){ length, sizeof length });
	hash_update(running, field);
}

static void link_mac(const struct keyring_root *root, struct span store,
    struct span key, uint8_t ret_mac[HASH_SIZE])
{
	struct hash running;

	hmac_begin(&root->get, &running);
	add_field(&running, store);
	add_field(&running, key);
	hmac_end(&root->get, &running, ret_mac);
}

void link_token_write(const struct keyring_root *root, struct span store,
    struct span key, struct buf *out)
{
	uint8_t mac[HASH_SIZE];

	link_mac(root, store, key, mac);
	base64url_encode(out, mac, KEYRING_MAC);
}

bool link_token_check(const struct keyring *keyring, struct span token,
    struct span store, struct span key)
{
	uint8_t mac[KEYRING_MAC];
	size_t len;
	bool fits = false;

	if (!base64url_decode(token, sizeof mac, mac, &len) ||
	    len != sizeof mac)
		return false;
	/* Every key is tried, however early one fits. */
	for (size_t i = 0; i < keyring->count; i++) {
		uint8_t own[HASH_SIZE];

		link_mac(&keyring->roots[i], store, key, own);
		fits |= equal_constant_time(own, mac, sizeof mac);
	}
	return fits;
}
