#include "fuzz/mac.h"

#include "fuzz/fuzz.h"

#include <gnutls/crypto.h>

void mac_of(const char *secret, struct span text, uint8_t ret_mac[MAC_SIZE])
{
	must(gnutls_hmac_fast(GNUTLS_MAC_SHA256, secret, strlen(secret),
		 text.at, text.len, ret_mac) == 0);
}

void mac_hex(
    const char *secret, struct span text, char ret_hex[2 * MAC_SIZE + 1])
{
	uint8_t mac[MAC_SIZE];

	mac_of(secret, text, mac);
	for (unsigned i = 0; i < MAC_SIZE; i++)
		snprintf(ret_hex + 2 * i, 3, "%02x", mac[i]);
}

void mac_base64(struct span bytes, bool url, struct buf *out)
{
	const gnutls_datum_t raw = { (uint8_t *)bytes.at, (unsigned)bytes.len };
	gnutls_datum_t text = { NULL, 0 };

	if (!bytes.len)
		return;
	must(gnutls_base64_encode2(&raw, &text) == 0);
	for (unsigned i = 0; i < text.size; i++) {
		const char c = (char)text.data[i];

		if (!url)
			buf_char(out, c);
		else if (c != '=')
			buf_char(out, c == '+' ? '-' : c == '/' ? '_' : c);
	}
	gnutls_free(text.data);
}
